import {
  isCommit,
  type Manifest,
  manifestPath,
  parseManifest,
} from "../../schema/compile/manifest.ts";
import { readBackList } from "../../schema/compile/read-back.ts";
import { isList, isPathOf, pathOf } from "../../schema/compile/urls.ts";
import type { PublishedObject } from "../../schema/plan/publication.ts";
import type { Project } from "../../schema/project/project.ts";
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
 * Reads the manifest and the lists of `project`, and of the environments that are served without it. What else stands there is listed when `thorough`, so that what
 * was changed by hand is found; else the manifest is believed, which takes fewer requests.
 */
export async function readTargetState(
  target: Target,
  project: Pick<Project, "environments">,
  thorough: boolean,
): Promise<TargetState> {
  const wanted = project.environments.map((environment) => pathOf(project, environment));
  const [manifestObject, ...own] = await Promise.all(
    [manifestPath, ...wanted].map((path) => target.read(path)),
  );
  const manifest = manifestObject && parseManifest(manifestObject.body.toString("utf8"));
  const others = (manifest?.responses ?? [])
    .map(({ path }) => path)
    .filter((path) => isList(path) && !wanted.includes(path));
  const paths = [...wanted, ...others];
  const lists = [...own, ...(await Promise.all(others.map((path) => target.read(path))))];
  const known = new Map(manifest?.responses.map(({ path, md5 }) => [path, md5]));
  const standing = thorough || !manifest ? await list(target, project, known) : believe(known);
  for (const [index, path] of paths.entries()) {
    const etag = lists[index]?.etag;
    const isModifiedElsewhere =
      etag !== known.get(path) || standing.get(path)?.isModifiedElsewhere === true;
    if (etag === undefined) standing.delete(path);
    else standing.set(path, { etag, isModifiedElsewhere });
  }
  const bodies = lists.flatMap((list, index) => {
    const body = list?.body.toString("utf8");
    const environment = project.environments[index] ?? environmentIn(body);
    return body === undefined || environment === undefined ? [] : [[environment, body] as const];
  });
  return {
    manifest,
    seen: manifestObject?.etag,
    holder: manifest ?? holderOf(lists.find((list) => list)),
    lists: new Map(bodies),
    standing,
  };
}

/** The environment that a list names; `undefined` if it is none of ours. */
function environmentIn(body: string | undefined): string | undefined {
  try {
    return body === undefined ? undefined : readBackList(body).environment;
  } catch {
    return undefined;
  }
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
  project: Pick<Project, "environments">,
  known: ReadonlyMap<string, string>,
): Promise<Map<string, PublishedObject>> {
  const listed = await target.list();
  const whole = listed.get(manifestPath)?.modified ?? 0;
  const ours = [...listed].filter(([path]) => isPathOf(project, path) || known.has(path));
  return new Map(
    ours.map(([path, { etag, modified }]) => {
      const isModifiedElsewhere = etag !== known.get(path) || modified > whole;
      return [path, { etag, isModifiedElsewhere }];
    }),
  );
}
