import { pathOf } from "../schema/compile.ts";
import { environments } from "../schema/flag.ts";
import { isOurs, type Standing } from "../schema/publication.ts";
import { type Manifest, manifestPath, parseManifest } from "../schema/release.ts";
import type { Holder } from "./permission.ts";
import type { Target } from "./target.ts";

/** What a target serves, as far as a publisher has to know. */
export interface Served {
  readonly manifest: Manifest | undefined;
  /** The manifest's entity tag; missing where there is no such object. */
  readonly seen: string | undefined;
  /** Whose release it is: by the manifest or, where somebody deleted that, by a list. */
  readonly holder: Holder | undefined;
  /** The bodies of the lists, by environment. */
  readonly lists: ReadonlyMap<string, string>;
  /** What releases put there, by path. */
  readonly standing: ReadonlyMap<string, Standing>;
}

/**
 * Reads the manifest and the lists. What else stands there is listed when `thorough`, so that what
 * was changed by hand is found; else the manifest is believed, which takes fewer requests.
 */
export async function readServed(target: Target, thorough: boolean): Promise<Served> {
  const paths = environments.map((environment) => pathOf(environment));
  const [manifestObject, ...lists] = await Promise.all(
    [manifestPath, ...paths].map((path) => target.read(path)),
  );
  const manifest = manifestObject && parseManifest(manifestObject.body.toString("utf8"));
  const standing = thorough || !manifest ? await list(target, manifest) : believe(manifest);
  for (const [index, path] of paths.entries()) {
    const etag = lists[index]?.etag;
    if (etag === undefined) standing.delete(path);
    else standing.set(path, { etag, isTouched: standing.get(path)?.isTouched ?? false });
  }
  const bodies = environments.map(
    (environment, index) => [environment, lists[index]?.body.toString("utf8")] as const,
  );
  const { commit, supersedes = commit } = lists.find((one) => one)?.metadata ?? {};
  return {
    manifest,
    seen: manifestObject?.etag,
    holder: manifest ?? (supersedes === undefined ? undefined : { commit: supersedes }),
    lists: new Map(bodies.filter((entry): entry is [string, string] => entry[1] !== undefined)),
    standing,
  };
}

function believe({ responses }: Manifest): Map<string, Standing> {
  return new Map(responses.map(({ path, md5 }) => [path, { etag: md5, isTouched: false }]));
}

/** The manifest is the last that a publisher writes: what is younger was touched since, or left half done. */
async function list(
  target: Target,
  manifest: Manifest | undefined,
): Promise<Map<string, Standing>> {
  const listed = await target.list();
  const whole = listed.get(manifestPath)?.modified ?? 0;
  const known = new Set(manifest?.responses.map(({ path }) => path));
  const ours = [...listed].filter(([path]) => isOurs(path) || known.has(path));
  return new Map(
    ours.map(([path, { etag, modified }]) => [path, { etag, isTouched: modified > whole }]),
  );
}
