/**
 * The manifest of a release is the last that a build writes: whatever is younger was touched since.
 * Nothing comes or goes but its folder becomes younger.
 */
import { lstatSync, readdirSync } from "node:fs";
import path from "node:path";
import { pathOf, type States } from "../../schema/compile/compile.ts";
import { errorResponses } from "../../schema/compile/error-responses.ts";
import { environments } from "../../schema/project/project.ts";
import { fileOf, foldersOf, manifestOf } from "./release-files.ts";

/** Files of the same names in several folders; one and the same file in all of them, if there are links. */
export interface Alike {
  readonly folders: readonly string[];
  readonly names: readonly string[];
}

const paths = [
  ...environments.map((environment) => pathOf(environment)),
  ...errorResponses.map(({ path }) => path),
];
const folders = [...foldersOf(paths.map(fileOf))];
const top = ["manifest.json", ...folders.filter((folder) => !folder.includes("/"))].sort();
/** Of each environment. */
const flagFolders = environments.map((environment) => path.dirname(fileOf(pathOf(environment))));

/** When the manifest in `directory` was written, in milliseconds as the file system tells it. Throws where there is none. */
export function sealedAt(directory: string): number {
  return lstatSync(manifestOf(directory)).ctimeMs;
}

/** Whether no file came, went, or took another's place since `time`. */
export function holdsNames(directory: string, time: number): boolean {
  // The directory itself becomes younger when it is renamed.
  const found = readdirSync(directory).sort();
  const isOld = (folder: string) => {
    const stat = lstatSync(`${directory}/${folder}`);
    return stat.isDirectory() && stat.ctimeMs <= time;
  };
  return found.join("/") === top.join("/") && folders.every(isOld);
}

/** The files of the flags in the lists: a flag has one in all environments where it has one state. */
export function alike(lists: ReadonlyMap<string, States>): Alike[] {
  const [first = {}, ...others] = lists.values();
  const byStates = new Map<string, string[]>();
  for (const [name, state] of Object.entries(first)) {
    const states = [state, ...others.map((states) => states[name])].join();
    const names = byStates.get(states);
    if (names) names.push(name);
    else byStates.set(states, [name]);
  }
  return [...byStates].flatMap(([key, names]) => {
    const states = key.split(",");
    const foldersIn = (state: string) => flagFolders.filter((_, at) => states[at] === state);
    return [...new Set(states)].map((state) => ({ folders: foldersIn(state), names }));
  });
}
