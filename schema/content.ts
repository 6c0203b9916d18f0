import { checkFlag } from "./checks.ts";
import type { FlagFile } from "./flag.ts";
import type { Finding } from "./problem.ts";
import { checkShape } from "./shape.ts";
import { parse } from "./source.ts";
import { decode } from "./text.ts";

/**
 * What the bytes of one file say, and what is wrong with them. It depends on the bytes alone, not
 * on name, place or day, so it may be remembered under their hash.
 */
export interface Content {
  /** Missing where there is no flag to speak of. With errors among the findings, it must not be served. */
  readonly flag?: FlagFile;
  readonly findings: readonly Finding[];
}

export function readContent(bytes: Uint8Array): Content {
  const { text, findings } = decode(bytes);
  if (text === undefined) return { findings };

  const source = parse(text);
  const found = [...findings, ...source.findings];
  if (source.value === undefined) return { findings: found };

  const misshapen = checkShape(source);
  if (misshapen.length > 0) {
    // An alias or a tag has no value to speak of: that it is the wrong one would be an echo.
    const said = new Set(found.map(({ line, column }) => `${line}:${column}`));
    const unsaid = misshapen.filter(({ line, column }) => !said.has(`${line}:${column}`));
    return { findings: [...found, ...unsaid] };
  }

  const flag = source.value as FlagFile;
  return { flag, findings: [...found, ...checkFlag(flag, source)] };
}
