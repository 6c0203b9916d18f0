import { checkAudience } from "../check/audience-checks.ts";
import { checkFlag } from "../check/checks.ts";
import { checkPolicy, checkProject } from "../check/project-checks.ts";
import { checkDecisions, checkTimes } from "../check/rule-checks.ts";
import {
  checkAudienceShape,
  checkFlagShape,
  checkPolicyShape,
  checkProjectShape,
  checkTestsShape,
} from "../check/shape.ts";
import { checkTests, findTestPositions } from "../check/tests-checks.ts";
import { checkSensitiveData } from "../check/text-checks.ts";
import type { AudienceFile } from "../flag/audience.ts";
import type { FileKind } from "../flag/file-kind.ts";
import type { FlagFile } from "../flag/flag.ts";
import type { TestsFile } from "../flag/tests.ts";
import type { Position } from "../problem/position.ts";
import type { Finding } from "../problem/problem.ts";
import type { PolicyFile } from "../project/policy.ts";
import type { Project, ProjectFile } from "../project/project.ts";
import { decodeFile } from "../yaml/decode.ts";
import { parse } from "../yaml/parse.ts";
import type { YamlSource } from "../yaml/source.ts";
import { findReferences, type Reference } from "./references.ts";

/**
 * The content of one file, and its findings. For a flag and an audience they depend on the bytes and
 * the project, for other files on the bytes alone; never on the file's path or the date.
 */
export interface ParsedFile {
  /** Missing if the file is no flag. If one of the findings is an error, the flag must not be served. */
  readonly flag?: FlagFile;
  /** What the flag refers to in other files; missing if nothing. */
  readonly references?: readonly Reference[];
  /** The same for an audience. */
  readonly audience?: AudienceFile;
  /** The same for tests of a flag, and where their expected values are written. */
  readonly tests?: TestsFile;
  readonly testPositions?: readonly Position[];
  /** The same for `flags/policy.yaml`. */
  readonly policy?: PolicyFile;
  /** The same for `bunting.yaml`. */
  readonly project?: ProjectFile;
  readonly findings: readonly Finding[];
}

/** A file of any kind. `project` counts only for files that depend on it. */
export function parseFile(kind: FileKind, bytes: Uint8Array, project: Project): ParsedFile {
  if (kind === "project") return parseProjectFile(bytes);
  if (kind === "policy") return parsePolicyFile(bytes);
  if (kind === "audience") return parseAudienceFile(bytes, project);
  return kind === "tests" ? parseTestsFile(bytes, project) : parseFlagFile(bytes, project);
}

export function parseFlagFile(bytes: Uint8Array, project: Project): ParsedFile {
  const checkShape = (source: YamlSource) => checkFlagShape(source, project);
  return parseShaped(bytes, checkShape, (flag: FlagFile, source) => {
    const decisions = checkDecisions(flag, source, project);
    // The other checks read the flag in its normal form, which only valid decisions have.
    if (decisions.length > 0) return { findings: decisions };
    const references = findReferences(flag, source);
    const findings = [...checkFlag(flag, source, project), ...checkTimes(flag, source)];
    return { flag, ...(references.length > 0 && { references }), findings };
  });
}

function parseAudienceFile(bytes: Uint8Array, project: Project): ParsedFile {
  return parseShaped(bytes, checkAudienceShape, (audience: AudienceFile, source) => {
    return { audience, findings: checkAudience(audience, source, project) };
  });
}

export function parseTestsFile(bytes: Uint8Array, project: Project): ParsedFile {
  return parseShaped(bytes, checkTestsShape, (tests: TestsFile, source) => {
    const testPositions = findTestPositions(tests, source);
    return { tests, testPositions, findings: checkTests(tests, source, project) };
  });
}

export function parsePolicyFile(bytes: Uint8Array): ParsedFile {
  return parseShaped(bytes, checkPolicyShape, (policy: PolicyFile, source) => {
    return { policy, findings: checkPolicy(policy, source) };
  });
}

export function parseProjectFile(bytes: Uint8Array): ParsedFile {
  const parsed = parseShaped(bytes, checkProjectShape, (project: ProjectFile, source) => {
    return { project, findings: checkProject(project, source) };
  });
  // Other findings in a file of another format are consequences of the format.
  const format = parsed.findings.find(({ code }) => code === "unknown-format");
  return format ? { findings: [format] } : parsed;
}

/** The result of `read` for a value of the right shape, with the findings of every kind of file. */
function parseShaped<T>(
  bytes: Uint8Array,
  checkShape: (source: YamlSource) => Finding[],
  read: (value: T, source: YamlSource) => ParsedFile,
): ParsedFile {
  const { text, findings: undecoded } = decodeFile(bytes);
  if (text === undefined) return { findings: undecoded };

  const source = parse(text);
  const found = [...undecoded, ...source.findings];
  if (source.value === undefined) return { findings: found };

  const misshapen = checkShape(source);
  if (misshapen.length > 0) {
    // An alias or a tag was reported already: a finding about its value would repeat that.
    const reported = new Set(found.map(({ line, column }) => `${line}:${column}`));
    const others = misshapen.filter(({ line, column }) => !reported.has(`${line}:${column}`));
    return { findings: [...found, ...others] };
  }
  const { findings, ...content } = read(source.value as T, source);
  return { ...content, findings: [...found, ...findings, ...checkSensitiveData(source)] };
}
