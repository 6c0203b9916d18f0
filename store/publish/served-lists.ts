/**
 * The lists that consumers get, for the limits and the report. A list that cannot be read, or that was
 * changed by hand, does not count as empty: another source decides.
 */
import { hash } from "node:crypto";
import { readBackFlag, readBackList } from "../../schema/compile/read-back.ts";
import type { Release } from "../../schema/compile/release.ts";
import { parsePath, pathOf } from "../../schema/compile/urls.ts";
import { type Environments, rootEnvironment } from "../../schema/project/project.ts";
import type { Repository } from "../snapshot/repository.ts";
import type { StoredObject, Target } from "../target/target.ts";
import { readServedRelease } from "./served-release.ts";
import type { TargetState } from "./target-state.ts";

export interface ServedLists {
  /** The bodies of the lists, by environment. */
  readonly lists: ReadonlyMap<string, string>;
  /** The newest `updated_at` in them; `""` if nothing is served. */
  readonly updatedAt: string;
  /** Why the served flags are unknown. */
  readonly unreadable?: string;
}

/** If a list is not as a publisher wrote it, reads it from git; if that fails, uses the list as it is. */
export async function readServedLists(
  target: Target,
  repository: Repository,
  project: Environments,
  state: TargetState,
): Promise<ServedLists> {
  const bodies = new Map<string, string>();
  const [root, rootPath] = [rootEnvironment(project), pathOf(project, rootEnvironment(project))];
  let expected: Promise<Release | undefined> | undefined;
  for (const [environment, path] of environmentsAt(project, state)) {
    const list = state.lists.get(path);
    const body = list && isAsPut(path, list, state) ? list.body.toString("utf8") : undefined;
    if (body === undefined) expected ??= readServedRelease(repository, state.revision);
    const fromGit = (await expected)?.responses.find((response) => response.path === path)?.body;
    const wanted = body ?? fromGit ?? list?.body.toString("utf8");
    if (wanted !== undefined) bodies.set(environment, wanted);
  }

  if (!bodies.has(root)) {
    // Perhaps a first publication that was interrupted: flags, and no list yet.
    const flags = await readFlags(target, root, rootPath, state);
    if (flags.unreadable !== undefined) return { lists: bodies, updatedAt: "", ...flags };
    if (flags.list !== undefined) bodies.set(root, flags.list);
  }
  const updatedAt = timesIn(bodies, root);
  if (updatedAt !== undefined) return { lists: bodies, updatedAt };
  return { lists: bodies, updatedAt: "", unreadable: `the list at "${rootPath}" cannot be read` };
}

/** The paths of the lists of the project's environments, and of others that are served, by environment. */
function environmentsAt(
  project: Environments,
  { lists }: TargetState,
): ReadonlyMap<string, string> {
  const paths = new Map(project.environments.map((one) => [one, pathOf(project, one)]));
  const wanted = new Set(paths.values());
  for (const path of lists.keys()) {
    const environment = parsePath(path)?.folder ?? "";
    if (!wanted.has(path) && !paths.has(environment)) paths.set(environment, path);
  }
  return paths;
}

/** Whether a list is as a publisher wrote it: by the manifest, or by the checksum in its own metadata. */
function isAsPut(
  path: string,
  { etag, body, metadata }: StoredObject,
  state: TargetState,
): boolean {
  const { manifest } = state;
  if (manifest) {
    const known = manifest.responses.find((response) => response.path === path);
    return known?.md5 === etag && hash("md5", body) === etag;
  }
  return metadata.sha256 === hash("sha256", body);
}

/** A list made from the objects of single flags; `undefined` if there are none. */
async function readFlags(
  target: Target,
  environment: string,
  folder: string,
  { objects }: TargetState,
): Promise<{ readonly list?: string; readonly unreadable?: string }> {
  const paths = [...objects.keys()].filter((path) => path.startsWith(folder) && path !== folder);
  const flags: Record<string, boolean> = {};
  let updated_at = "";
  for (const path of paths) {
    const name = path.slice(folder.length);
    try {
      const object = await target.read(path);
      if (!object) continue;
      const flag = readBackFlag(object.body.toString("utf8"), name);
      flags[name] = flag.enabled;
      if (flag.updated_at > updated_at) updated_at = flag.updated_at;
    } catch (error) {
      if (error instanceof Error && error.message.startsWith("Cannot read")) throw error;
      return { unreadable: `the flag at "${path}" cannot be read` };
    }
  }
  if (updated_at === "") return {};
  return { list: JSON.stringify({ environment, flags, updated_at }) };
}

/** The newest time in the lists; `undefined` if the first environment's cannot be read. */
function timesIn(bodies: ReadonlyMap<string, string>, root: string): string | undefined {
  let newest = "";
  for (const [environment, body] of bodies) {
    try {
      const { updated_at } = readBackList(body);
      if (updated_at > newest) newest = updated_at;
    } catch {
      if (environment === root) return undefined;
    }
  }
  return newest;
}
