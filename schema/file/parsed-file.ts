import type { FlagFile } from "../flag/flag.ts";
import type { Finding } from "../problem/problem.ts";
import { type PolicyFile, policyPath } from "../project/policy.ts";
import { checkFlag, holdsNoCredential } from "./checks.ts";
import { decode } from "./decode.ts";
import { parse, type Source } from "./parse.ts";
import { checkPolicyShape, checkShape } from "./shape.ts";

/**
 * What the bytes of one file say, and what is wrong with them. It depends on the bytes alone, not
 * on name, place or day, so it may be remembered under their hash.
 */
export interface ParsedFile {
  /** Missing where there is no flag to speak of. With errors among the findings, it must not be served. */
  readonly flag?: FlagFile;
  /** Likewise the policy, where that was read. */
  readonly policy?: PolicyFile;
  readonly findings: readonly Finding[];
}

export function parseFlagFile(bytes: Uint8Array): ParsedFile {
  const { value, source, findings } = readShaped(bytes, checkShape);
  if (!source) return { findings };
  const flag = value as FlagFile;
  return { flag, findings: [...findings, ...checkFlag(flag, source)] };
}

/** Likewise for the policy. */
export function parsePolicyFile(bytes: Uint8Array): ParsedFile {
  const { value, source, findings } = readShaped(bytes, checkPolicyShape);
  if (!source) return { findings };
  return { policy: value as PolicyFile, findings: [...findings, ...holdsNoCredential(source)] };
}

/** Whichever a file at `path`, below `flags/`, is. */
export function parseFileAt(bytes: Uint8Array, path?: string): ParsedFile {
  return path === policyPath ? parsePolicyFile(bytes) : parseFlagFile(bytes);
}

/** `source` is missing where the value has not the shape it should have. */
function readShaped(
  bytes: Uint8Array,
  check: (source: Source) => Finding[],
): { value?: unknown; source?: Source; findings: readonly Finding[] } {
  const { text, findings } = decode(bytes);
  if (text === undefined) return { findings };

  const source = parse(text);
  const found = [...findings, ...source.findings];
  if (source.value === undefined) return { findings: found };

  const misshapen = check(source);
  if (misshapen.length > 0) {
    // An alias or a tag has no value to speak of: that it is the wrong one would be an echo.
    const said = new Set(found.map(({ line, column }) => `${line}:${column}`));
    const unsaid = misshapen.filter(({ line, column }) => !said.has(`${line}:${column}`));
    return { findings: [...found, ...unsaid] };
  }
  return { value: source.value, source, findings: found };
}
