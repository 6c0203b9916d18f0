/** What a flag file may be called, and what its place in `flags/` must be. */
import type { Code } from "../problem/codes.ts";
import { fileStart } from "../problem/position.ts";
import type { Finding } from "../problem/problem.ts";
import { policyFile, policyName } from "../project/policy.ts";
import { findPersonalData } from "../text/personal-data.ts";

export const namePattern = /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/;
export const maxNameLength = 64;
const folderPattern = /^[a-z][a-z0-9]*([_-][a-z0-9]+)*$/;

/** The name of the flag in the file at `path`: `nutrition/meal_planning.yaml` is `meal_planning`. */
export function flagNameOf(path: string): string {
  const file = path.slice(path.lastIndexOf("/") + 1);
  return file.endsWith(".yaml") ? file.slice(0, -".yaml".length) : file;
}

/** Whether the file at `path`, relative to `flags/`, is called as a flag may be called. */
export function checkName(path: string): Finding[] {
  if (!path.endsWith(".yaml")) return [notAFlag(path)];
  const [name, folders] = [flagNameOf(path), path.split("/").slice(0, -1)];
  return checks.flatMap((check) => check(name, folders));
}

const checks: readonly ((name: string, folders: readonly string[]) => Finding[])[] = [
  /** A name is snake_case: it stands in code, in URLs and in file systems that ignore case. */
  function isSnakeCase(name) {
    if (namePattern.test(name) && name.length <= maxNameLength) return [];
    const wanted = `lower-case letters, digits and single underscores, at most ${maxNameLength}`;
    const message = `Cannot use "${name}" as a flag's name: it must be ${wanted}`;
    const near = snakeCase(name);
    return [named("invalid-name", message, near ? `rename the file to "${near}.yaml"` : undefined)];
  },

  /** A folder is a team's name. */
  function foldersAreNames(_name, folders) {
    const wrong = folders.filter((folder) => !folderPattern.test(folder));
    return wrong.map((folder) => {
      const message = `Cannot use "${folder}" as a folder of flags: it must be a team's name in lower case`;
      return named("invalid-name", message, 'rename it, like "nutrition" or "growth-web"');
    });
  },

  /** No name means something else to a language or to the layout of a release. */
  function isNotReserved(name) {
    if (!["constructor", "prototype", "__proto__", "index", policyName].includes(name)) return [];
    const message = `Cannot use "${name}" as a flag's name: it is reserved`;
    const cure = name === policyName ? `the policy is ${policyFile}; for a flag, ` : "";
    return [named("reserved-name", message, `${cure}say what the flag turns on`)];
  },

  /** A name says what it is for. */
  function isNotGeneric(name) {
    if (!generic.test(name)) return [];
    const message = `Says little with the name "${name}"`;
    return [named("generic-name", message, "name what it turns on, like meal_planning_v2")];
  },

  /** Nobody can be reached or recognised through a name. */
  function holdsNoPersonalData(name) {
    if (!/[\d@]/.test(name)) return [];
    const text = name.replace(/(?<=\d)_(?=\d)/g, "-").replaceAll("_", " ");
    return findPersonalData(text).map(({ what }) =>
      named("personal-data", `Cannot publish ${what} as a flag's name`, "name what it turns on"),
    );
  },
];

const noise =
  "a|an|bar|baz|beta|demo|example|experiment|feature|flag|foo|my|new|sample|temp|test|the|tmp|toggle|v|x";
const generic = new RegExp(`^(?:(?:${noise})?\\d*(?:_|$))+$`);

function notAFlag(path: string): Finding {
  const file = path.slice(path.lastIndexOf("/") + 1);
  const message = `Cannot read "${file}" as a flag: in flags/ every file is called NAME.yaml`;
  const hint = file.endsWith(".yml")
    ? `rename it to "${flagNameOf(file.replace(/yml$/, "yaml"))}.yaml"`
    : "move it elsewhere, or delete it";
  return named("not-a-flag", message, hint);
}

function named(code: Code, message: string, hint?: string): Finding {
  return { ...fileStart, code, message, ...(hint === undefined ? {} : { hint }) };
}

function snakeCase(name: string): string | undefined {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase();
  const candidate = words.replace(/[^a-z0-9]+/g, "_").replace(/^[_\d]+|_+$/g, "");
  return namePattern.test(candidate) && candidate.length <= maxNameLength ? candidate : undefined;
}
