import { checkAudience } from "../check/audience-checks.ts";
import { checkFlag, checkSensitiveData } from "../check/checks.ts";
import { checkPolicy, checkProject } from "../check/project-checks.ts";
import { checkDecisions, checkTimes } from "../check/rule-checks.ts";
import {
  checkAudienceShape,
  checkFlagShape,
  checkPolicyShape,
  checkProjectShape,
  checkTestsShape,
} from "../check/shape.ts";
import { checkTests, findTestPlaces, type TestPlaces } from "../check/tests-checks.ts";
import type { AudienceFile } from "../flag/audience.ts";
import type { FileKind } from "../flag/file-kind.ts";
import type { FlagFile } from "../flag/flag.ts";
import type { TestsFile } from "../flag/tests.ts";
import type { Finding } from "../problem/problem.ts";
import type { PolicyFile } from "../project/policy.ts";
import type { Project, ProjectFile } from "../project/project.ts";
import { decode } from "../yaml/decode.ts";
import { parse, type Source } from "../yaml/parse.ts";
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
  readonly testPlaces?: TestPlaces;
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
  const { value, source, findings } = readShaped(bytes, (shaped) =>
    checkFlagShape(shaped, project),
  );
  if (!source) return { findings };
  const flag = value as FlagFile;
  const decisions = checkDecisions(flag, source, project);
  // The other checks read the flag in its normal form, which only valid decisions have.
  if (decisions.length > 0)
    return { findings: [...findings, ...decisions, ...checkSensitiveData(source)] };
  const references = findReferences(flag, source);
  const found = [...findings, ...checkFlag(flag, source, project), ...checkTimes(flag, source)];
  return { flag, ...(references.length > 0 && { references }), findings: found };
}

function parseAudienceFile(bytes: Uint8Array, project: Project): ParsedFile {
  const { value, source, findings } = readShaped(bytes, checkAudienceShape);
  if (!source) return { findings };
  const audience = value as AudienceFile;
  const found = [...checkAudience(audience, source, project), ...checkSensitiveData(source)];
  return { audience, findings: [...findings, ...found] };
}

export function parseTestsFile(bytes: Uint8Array, project: Project): ParsedFile {
  const { value, source, findings } = readShaped(bytes, checkTestsShape);
  if (!source) return { findings };
  const tests = value as TestsFile;
  const found = [...checkTests(tests, source, project), ...checkSensitiveData(source)];
  return { tests, testPlaces: findTestPlaces(tests, source), findings: [...findings, ...found] };
}

export function parsePolicyFile(bytes: Uint8Array): ParsedFile {
  const { value, source, findings } = readShaped(bytes, checkPolicyShape);
  if (!source) return { findings };
  const policy = value as PolicyFile;
  const found = [...checkPolicy(policy, source), ...checkSensitiveData(source)];
  return { policy, findings: [...findings, ...found] };
}

export function parseProjectFile(bytes: Uint8Array): ParsedFile {
  const { value, source, findings } = readShaped(bytes, checkProjectShape);
  // Other findings in a file of another format are consequences of the format.
  const format = findings.find(({ code }) => code === "unknown-format");
  if (format) return { findings: [format] };
  if (!source) return { findings };
  const project = value as ProjectFile;
  const found = [...checkProject(project, source), ...checkSensitiveData(source)];
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
    // An alias or a tag was reported already: a finding about its value would repeat that.
    const reported = new Set(found.map(({ line, column }) => `${line}:${column}`));
    const others = misshapen.filter(({ line, column }) => !reported.has(`${line}:${column}`));
    return { findings: [...found, ...others] };
  }
  return { value: source.value, source, findings: found };
}
