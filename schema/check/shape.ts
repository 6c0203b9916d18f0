/**
 * Checks a source against a JSON Schema with Ajv. The messages are in `schema-messages.ts`, because Ajv's
 * own messages are about schemas.
 */
import type { ErrorObject, ValidateFunction } from "ajv/dist/2020.js";
import type { Finding } from "../problem/problem.ts";
import { type Project, rootEnvironment } from "../project/project.ts";
import { isMapping } from "../text/json.ts";
import { quoteValue } from "../text/show.ts";
import { didYouMean } from "../text/suggest.ts";
import { escapePointer } from "../yaml/parse.ts";
import { positionOfPointer } from "../yaml/pointers.ts";
import type { YamlSource } from "../yaml/source.ts";
import { type CheckedFile, messageFor } from "./schema-messages.ts";
import { isAudience, isFlag, isPolicy, isProject, isTests } from "./validators.ts";

const checkFlagSchema = checkOf(isFlag, { what: "a flag", firstLine: "enabled: false" });
const checkAudienceSchema = checkOf(isAudience, {
  what: "an audience",
  firstLine: "if: { ATTRIBUTE: VALUE }",
});
const checkTestsSchema = checkOf(isTests, { what: "tests", firstLine: "tests:" });
export const checkPolicyShape = checkOf(isPolicy, {
  what: "the policy",
  firstLine: "protected: []",
});
export const checkProjectShape = checkOf(isProject, {
  what: "the project",
  firstLine: "environments: [production]",
});

/** The shape of a flag file, and whether the project has the environments that it names. */
export function checkFlagShape(source: YamlSource, project: Project): Finding[] {
  return [...checkFlagSchema(source), ...findUnknownEnvironments(source, project)];
}

/** The shape of an audience. A flag in the folder of audiences is reported as such, and nothing else is. */
export function checkAudienceShape(source: YamlSource): Finding[] {
  const misplaced = findMisplacedFlag(source, "audiences", "an audience");
  return misplaced.length > 0 ? misplaced : checkAudienceSchema(source);
}

/** The shape of tests, in the same way. */
export function checkTestsShape(source: YamlSource): Finding[] {
  const misplaced = findMisplacedFlag(source, "tests", "a file of tests");
  return misplaced.length > 0 ? misplaced : checkTestsSchema(source);
}

/** Teams may have had a folder of this name before it was reserved. */
function findMisplacedFlag(source: YamlSource, folder: string, what: string): Finding[] {
  const { value } = source;
  if (!isMapping(value) || !Object.hasOwn(value, "enabled")) return [];
  const message = `Cannot read a flag as ${what}: the folder flags/${folder} is reserved`;
  const hint = `move the flag to another folder, like flags/team-${folder}/`;
  return [
    { ...positionOfPointer(source, "/enabled", "key"), code: "reserved-folder", message, hint },
  ];
}

function findUnknownEnvironments(source: YamlSource, project: Project): Finding[] {
  const blocks = (source.value as { environments?: unknown } | null)?.environments;
  if (!isMapping(blocks)) return [];
  const root = rootEnvironment(project);
  const known = project.environments.filter((environment) => environment !== root);
  const unknown = Object.keys(blocks).filter((environment) => !known.includes(environment));
  return unknown.map((environment) => {
    const list = known.length === 0 ? "none" : known.join(", ");
    const hint =
      didYouMean(environment, known) ?? `known here: ${list}; ${root} is "enabled" at the top`;
    const message = `Cannot read environment ${quoteValue(environment)}`;
    const position = positionOfPointer(
      source,
      `/environments/${escapePointer(environment)}`,
      "key",
    );
    return { ...position, code: "unknown-environment", message, hint };
  });
}

function checkOf(
  isValid: ValidateFunction,
  subject: CheckedFile,
): (source: YamlSource) => Finding[] {
  return (source) => {
    if (isValid(source.value)) return [];
    return (isValid.errors ?? []).flatMap((error) => finding(source, error, subject));
  };
}

function finding(source: YamlSource, error: ErrorObject, subject: CheckedFile): Finding[] {
  // The error inside `propertyNames` says the same thing with a reason.
  if (error.keyword === "propertyNames") return [];
  const { code, message, hint } = messageFor(error, subject);
  const { additionalProperty: extra, i, j = i } = error.params as Extra;
  // Of two equal items, the later one is the mistake.
  const item = i === undefined ? undefined : Math.max(i, j ?? i);
  const key = extra ?? error.propertyName;
  const child = key === undefined ? item : escapePointer(key);
  const pointer = error.instancePath + (child === undefined ? "" : `/${child}`);
  const position = positionOfPointer(source, pointer, key === undefined ? "value" : "key");
  return [{ ...position, code, message, ...(hint === undefined ? {} : { hint }) }];
}

/** The part of the value that an error is about, if it is only a part. */
interface Extra {
  readonly additionalProperty?: string;
  readonly i?: number;
  readonly j?: number;
}
