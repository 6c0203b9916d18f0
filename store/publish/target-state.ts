import {
  isCommit,
  type Manifest,
  manifestPath,
  parseManifest,
} from "../../schema/compile/manifest.ts";
import { isList, isPathOf, pathOf } from "../../schema/compile/urls.ts";
import type { PublishedObject } from "../../schema/plan/publication.ts";
import type { Environments } from "../../schema/project/project.ts";
import type { StoredObject, Target } from "../target/target.ts";
import type { PublishedRevision } from "./check-fast-forward.ts";

/** The state of a target that a publisher needs. */
export interface TargetState {
  /** `undefined` if there is none, or none that this program can read. */
  readonly manifest: Manifest | undefined;
  /** The object at the manifest's path, even if it is no valid manifest. */
  readonly manifestObject: StoredObject | undefined;
  /** The last published commit, from the manifest or, without one, from the metadata of an object. */
  readonly revision: PublishedRevision | undefined;
  /** The lists as they are, by path, in the order of the project's environments. */
  readonly lists: ReadonlyMap<string, StoredObject>;
  /** The objects that releases put there, by path. */
  readonly objects: ReadonlyMap<string, PublishedObject>;
}

/**
 * Reads the manifest and the lists. Other objects are listed if `thorough`, so that changes by hand
 * are found; otherwise the manifest is trusted, which takes fewer requests.
 */
export async function readTargetState(
  target: Target,
  project: Environments,
  thorough: boolean,
): Promise<TargetState> {
  const wanted = project.environments.map((environment) => pathOf(project, environment));
  const [manifestObject, ...own] = await Promise.all(
    [manifestPath, ...wanted].map((path) => target.read(path)),
  );
  const manifest = manifestObject && parseManifest(manifestObject.body.toString("utf8"));
  // The lists of environments that the project no longer has.
  const others = (manifest?.responses ?? [])
    .map(({ path }) => path)
    .filter((path) => isList(path) && !wanted.includes(path));
  const paths = [...wanted, ...others];
  const found = [...own, ...(await Promise.all(others.map((path) => target.read(path))))];
  const lists = new Map(
    paths.flatMap((path, index) => {
      const list = found[index];
      return list ? [[path, list] as const] : [];
    }),
  );
  const known = new Map(manifest?.responses.map(({ path, md5 }) => [path, md5]));
  const objects = new Map<string, PublishedObject>(
    thorough || !manifest
      ? await list(target, project, known)
      : [...known].map(([path, etag]) => [path, { etag, isModifiedElsewhere: false }]),
  );
  for (const path of paths) {
    const etag = lists.get(path)?.etag;
    const isModifiedElsewhere =
      etag !== known.get(path) || objects.get(path)?.isModifiedElsewhere === true;
    if (etag === undefined) objects.delete(path);
    else objects.set(path, { etag, isModifiedElsewhere });
  }
  const revision = manifest ?? findRevision([manifestObject, ...found]);
  return { manifest, manifestObject, revision, lists, objects };
}

/** The commit that is kept with the first object that has one. Directories keep none. */
function findRevision(
  objects: readonly (StoredObject | undefined)[],
): PublishedRevision | undefined {
  for (const object of objects) {
    const { commit, supersedes } = object?.metadata ?? {};
    if (!isCommit(commit)) continue;
    if (!isCommit(supersedes)) return { commit };
    return { commit, rollback: { from: supersedes, reason: "the manifest was lost" } };
  }
  return undefined;
}

/**
 * Lists the objects. One that differs from the manifest was changed by others, or is from an incomplete publication. The
 * same is true for one that is newer, because the manifest is written last. S3's times are whole seconds, so
 * an equal time counts as newer.
 */
async function list(
  target: Target,
  project: Environments,
  known: ReadonlyMap<string, string>,
): Promise<[path: string, object: PublishedObject][]> {
  const listed = await target.list();
  const completed = listed.get(manifestPath)?.modified ?? 0;
  const ours = [...listed].filter(([path]) => isPathOf(project, path) || known.has(path));
  return ours.map(([path, { etag, modified }]) => {
    const isModifiedElsewhere = etag !== known.get(path) || modified > completed;
    return [path, { etag, isModifiedElsewhere }];
  });
}
