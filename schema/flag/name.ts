/** Rules for the name of a flag file and for its folder in `flags/`. */
import type { Code } from "../problem/codes.ts";
import { fileStart } from "../problem/position.ts";
import type { Finding } from "../problem/problem.ts";
import { nameStyles } from "../project/name-pattern.ts";
import { policyFile, policyName } from "../project/policy.ts";
import type { Project } from "../project/project.ts";
import { findPersonalData } from "../text/personal-data.ts";

/**
 * Whether a text can be a flag's name in some project. Such a name is safe in URLs, file names and
 * branch names, and it is no number, because objects sort those first. `fitsNames()` applies the
 * rules of one project.
 */
export function isPossibleName(text: string): boolean {
  return /^(?!\d+$)[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(text);
}

/** Whether a project allows a flag of this name. */
export function fitsNames(text: string, { names }: Pick<Project, "names">): boolean {
  return (
    isPossibleName(text) && text.length <= names.longest && new RegExp(names.pattern).test(text)
  );
}

/** The name in one case. It must be unique in a repository: file systems and URLs may ignore case. */
export function foldCase(name: string): string {
  return name.toLowerCase();
}

/** A team's folder, an audience, or a file of tests. */
const plainName = /^[a-z][a-z0-9]*([_-][a-z0-9]+)*$/;

/** The name of the flag in the file at `path`: `nutrition/meal_planning.yaml` is `meal_planning`. */
export function flagNameOf(path: string): string {
  const file = path.slice(path.lastIndexOf("/") + 1);
  return file.endsWith(".yaml") ? file.slice(0, -".yaml".length) : file;
}

/** What is wrong with the path of a file in a reserved folder, relative to `flags/`. */
export function checkReservedPath(path: string, what: string): Finding[] {
  const [folder = "", name = "", ...others] = path.split("/");
  if (others.length > 0) {
    const message = `Cannot read "${path}": flags/${folder} has no folders, and no team's folder has this name`;
    return [named("reserved-folder", message, `move it to flags/${folder}/${others.at(-1)}`)];
  }
  if (!name.endsWith(".yaml")) {
    const message = `Cannot read "${name}" as ${what}: in flags/${folder} every file is called NAME.yaml`;
    return [named("not-a-flag", message, "rename it, move it elsewhere, or delete it")];
  }
  const plain = flagNameOf(name);
  if (["constructor", "prototype"].includes(plain)) {
    const message = `Cannot use "${plain}" as a name of ${what}: it is reserved`;
    return [named("reserved-name", message, "choose another name")];
  }
  // Tests have the name of their flag, which the project allows or not.
  const isTests = folder === "tests" && isPossibleName(plain);
  if (isTests || (plainName.test(plain) && plain.length <= 64)) return [];
  const message = `Cannot use "${plain.slice(0, 200)}" as a name of ${what}: it must be lower-case letters, digits, and single underscores or hyphens, at most 64`;
  return [named("invalid-name", message, 'rename the file, like "staff.yaml"')];
}

/** What is wrong with the path of a flag's file, relative to `flags/`. */
export function checkName(path: string, project: Pick<Project, "names">): Finding[] {
  if (!path.endsWith(".yaml")) return [notAFlag(path)];
  const [name, folders] = [flagNameOf(path), path.split("/").slice(0, -1)];
  const misfits = checkPattern(name, project);
  const vague = misfits.length === 0 && generic.test(name) ? [genericName(name, project)] : [];
  const others = [...checkFolders(folders), ...checkReserved(name), ...checkPersonalData(name)];
  return [...misfits, ...vague, ...others];
}

/** A name is used in code, in URLs and in file systems that ignore case. */
function checkPattern(name: string, project: Pick<Project, "names">): Finding[] {
  if (fitsNames(name, project)) return [];
  const { pattern, longest } = project.names;
  const { length } = [...name];
  if (length > longest) {
    const message = `Cannot use "${name.slice(0, 200)}" as a flag's name: it has ${length} characters, and at most ${longest} are allowed`;
    return [named("invalid-name", message)];
  }
  const style = Object.values(nameStyles).find((one) => one.pattern === pattern);
  const wanted = style
    ? `it must be ${style.words}`
    : `it must match the pattern of names in bunting.yaml, ${pattern}`;
  const message = `Cannot use "${name}" as a flag's name: ${wanted}, at most ${longest}`;
  const near = nearestName(name, project);
  return [named("invalid-name", message, near ? `rename the file to "${near}.yaml"` : undefined)];
}

/** A folder is a team's name. */
function checkFolders(folders: readonly string[]): Finding[] {
  const wrong = folders.filter((folder) => !plainName.test(folder));
  return wrong.map((folder) => {
    const message = `Cannot use "${folder}" as a folder of flags: it must be a team's name in lower case`;
    return named("invalid-name", message, 'rename it, like "nutrition" or "growth-web"');
  });
}

/** No name is a reserved word of a language, or part of the layout of a release. */
function checkReserved(name: string): Finding[] {
  if (!["constructor", "prototype", "__proto__", "index", policyName].includes(name)) return [];
  const message = `Cannot use "${name}" as a flag's name: it is reserved`;
  const hint = name === policyName ? `the policy is ${policyFile}; for a flag, ` : "";
  return [named("reserved-name", message, `${hint}say what the flag turns on`)];
}

/** A name has no personal data. */
function checkPersonalData(name: string): Finding[] {
  const text = name.replace(/(?<=\d)_(?=\d)/g, "-").replaceAll("_", " ");
  return findPersonalData(text).map(({ what }) =>
    named("personal-data", `Cannot publish ${what} as a flag's name`, "name what it turns on"),
  );
}

const noise =
  "a|an|bar|baz|beta|demo|example|experiment|feature|flag|foo|my|new|sample|temp|test|the|tmp|toggle|v|x";
const generic = new RegExp(`^(?:(?:${noise})?\\d*(?:[_-]|$))+$`, "i");

/** A name says what it is for. */
function genericName(name: string, project: Pick<Project, "names">): Finding {
  const message = `Says little with the name "${name}"`;
  const good = ["meal_planning_v2", "meal-planning-v2"].find((one) => fitsNames(one, project));
  return named("generic-name", message, `name what it turns on${good ? `, like ${good}` : ""}`);
}

function notAFlag(path: string): Finding {
  const file = path.slice(path.lastIndexOf("/") + 1);
  const message = `Cannot read "${file}" as a flag: in flags/ every file is called NAME.yaml`;
  const hint = file.endsWith(".yml")
    ? `rename it to "${file.replace(/yml$/, "yaml")}"`
    : "move it elsewhere, or delete it";
  return named("not-a-flag", message, hint);
}

function named(code: Code, message: string, hint?: string): Finding {
  return { ...fileStart, code, message, ...(hint === undefined ? {} : { hint }) };
}

/** The name in snake_case or kebab-case, as the project allows. */
function nearestName(name: string, project: Pick<Project, "names">): string | undefined {
  const words = name.replace(/([a-z0-9])([A-Z])/g, "$1 $2").split(/[^A-Za-z0-9]+/);
  const parts = words.filter((word) => word !== "");
  const lower = parts.map((word) => word.toLowerCase());
  const candidates = [lower.join("_"), lower.join("-"), parts.join("_").toUpperCase()];
  return candidates
    .map((text) => text.replace(/^\d+[_-]?/, ""))
    .find((text) => fitsNames(text, project));
}
