import type { FlagFile } from "../flag/flag.ts";
import type { Finding } from "../problem/problem.ts";
import type { PolicyFile } from "../project/policy.ts";
import type { Project, ProjectFile } from "../project/project.ts";
import { checkFlag, checkKeptText } from "./checks.ts";
import { decode } from "./decode.ts";
import { parse, type Source } from "./parse.ts";
import { checkPolicy, checkProject } from "./project-checks.ts";
import { checkDecisions, checkTimes } from "./rule-checks.ts";
import { checkFlagShape, checkPolicyShape, checkProjectShape } from "./shape.ts";

/**
 * What the bytes of one file say, and what is wrong with them. For a flag it depends on the bytes
 * and the project, for the other files on the bytes alone; never on name, place or day.
 */
export interface ParsedFile {
  /** Missing if the file is no flag. If one of the findings is an error, it must not be served. */
  readonly flag?: FlagFile;
  /** The same for `flags/policy.yaml`. */
  readonly policy?: PolicyFile;
  /** The same for `bunting.yaml`. */
  readonly project?: ProjectFile;
  readonly findings: readonly Finding[];
}

export function parseFlagFile(bytes: Uint8Array, project: Project): ParsedFile {
  const { value, source, findings } = readShaped(bytes, (shaped) =>
    checkFlagShape(shaped, project),
  );
  if (!source) return { findings };
  const flag = value as FlagFile;
  const decisions = checkDecisions(flag, source, project);
  // The other checks read the flag in its normal form, which only valid decisions have.
  if (decisions.length > 0)
    return { findings: [...findings, ...decisions, ...checkKeptText(source)] };
  const found = [...checkFlag(flag, source, project), ...checkTimes(flag, source)];
  return { flag, findings: [...findings, ...found] };
}

export function parsePolicyFile(bytes: Uint8Array): ParsedFile {
  const { value, source, findings } = readShaped(bytes, checkPolicyShape);
  if (!source) return { findings };
  const policy = value as PolicyFile;
  const found = [...checkPolicy(policy, source), ...checkKeptText(source)];
  return { policy, findings: [...findings, ...found] };
}

export function parseProjectFile(bytes: Uint8Array): ParsedFile {
  const { value, source, findings } = readShaped(bytes, checkProjectShape);
  // What else is wrong in a file of another format follows from the format.
  const format = findings.find(({ code }) => code === "unknown-format");
  if (format) return { findings: [format] };
  if (!source) return { findings };
  const project = value as ProjectFile;
  const found = [...checkProject(project, source), ...checkKeptText(source)];
  return { project, findings: [...findings, ...found] };
}

/** `source` is missing if the value does not have the right shape. */
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
