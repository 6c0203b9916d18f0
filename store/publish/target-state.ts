import { pathOf } from "../../schema/compile/compile.ts";
import {
  isCommit,
  type Manifest,
  manifestPath,
  parseManifest,
} from "../../schema/compile/manifest.ts";
import { isOurs, type PublishedObject } from "../../schema/plan/publication.ts";
import { environments } from "../../schema/project/project.ts";
import type { Holder } from "./permission.ts";
import type { StoredObject, Target } from "./target.ts";

/** What a target serves, as far as a publisher has to know. */
export interface TargetState {
  readonly manifest: Manifest | undefined;
  /** The manifest's entity tag; missing where there is no such object. */
  readonly seen: string | undefined;
  /** Whose release it is: by the manifest or, where somebody deleted that, by a list. */
  readonly holder: Holder | undefined;
  /** The bodies of the lists, by environment. */
  readonly lists: ReadonlyMap<string, string>;
  /** What releases put there, by path. */
  readonly standing: ReadonlyMap<string, PublishedObject>;
}

/**
 * Reads the manifest and the lists. What else stands there is listed when `thorough`, so that what
 * was changed by hand is found; else the manifest is believed, which takes fewer requests.
 */
export async function readTargetState(target: Target, thorough: boolean): Promise<TargetState> {
  const paths = environments.map((environment) => pathOf(environment));
  const [manifestObject, ...lists] = await Promise.all(
    [manifestPath, ...paths].map((path) => target.read(path)),
  );
  const manifest = manifestObject && parseManifest(manifestObject.body.toString("utf8"));
  const known = new Map(manifest?.responses.map(({ path, md5 }) => [path, md5]));
  const standing = thorough || !manifest ? await list(target, known) : believe(known);
  for (const [index, path] of paths.entries()) {
    const etag = lists[index]?.etag;
    const isModifiedElsewhere =
      etag !== known.get(path) || standing.get(path)?.isModifiedElsewhere === true;
    if (etag === undefined) standing.delete(path);
    else standing.set(path, { etag, isModifiedElsewhere });
  }
  const bodies = environments.map(
    (environment, index) => [environment, lists[index]?.body.toString("utf8")] as const,
  );
  return {
    manifest,
    seen: manifestObject?.etag,
    holder: manifest ?? holderOf(lists.find((list) => list)),
    lists: new Map(bodies.filter((entry): entry is [string, string] => entry[1] !== undefined)),
    standing,
  };
}

/** What a list says where there is no manifest. */
function holderOf(list: StoredObject | undefined): Holder | undefined {
  const { commit, supersedes } = list?.metadata ?? {};
  if (!isCommit(commit)) return undefined;
  if (!isCommit(supersedes)) return { commit };
  return { commit, rollback: { from: supersedes, reason: "the manifest was lost" } };
}

function believe(known: ReadonlyMap<string, string>): Map<string, PublishedObject> {
  return new Map([...known].map(([path, etag]) => [path, { etag, isModifiedElsewhere: false }]));
}

/**
 * What is not as the manifest says was touched since, or left half done; so was what is younger, as
 * a publisher writes the manifest last. The times of S3 are whole seconds, so they alone do not do.
 */
async function list(
  target: Target,
  known: ReadonlyMap<string, string>,
): Promise<Map<string, PublishedObject>> {
  const listed = await target.list();
  const whole = listed.get(manifestPath)?.modified ?? 0;
  const ours = [...listed].filter(([path]) => isOurs(path) || known.has(path));
  return new Map(
    ours.map(([path, { etag, modified }]) => {
      const isModifiedElsewhere = etag !== known.get(path) || modified > whole;
      return [path, { etag, isModifiedElsewhere }];
    }),
  );
}
