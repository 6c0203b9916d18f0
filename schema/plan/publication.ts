/**
 * The effects of publishing a release to a target, computed before anything is written. Only the bytes of
 * the served release are known, and its commit may be missing in the clone. So this compares the booleans
 * in the lists, and not flags as `difference.ts` does.
 */
import { readBackList } from "../compile/read-back.ts";
import type { Release, Response } from "../compile/release.ts";
import { isIndex, pathOf } from "../compile/urls.ts";
import { compareText } from "../text/order.ts";

/** The object at a path now. */
export interface PublishedObject {
  /** Its entity tag without quotes: the MD5 of the body, if we put it there. */
  readonly etag: string;
  /** Whether others changed it, so that its headers may be wrong too. */
  readonly isModifiedElsewhere: boolean;
}

export interface Publication {
  /** In the order of writing: flags, then lists. */
  readonly put: readonly Response[];
  /** Paths of responses that no longer exist. */
  readonly remove: readonly string[];
  /** Number of responses that do not change. */
  readonly keep: number;
  /** By environment of the release, then of those that are served but not in it. */
  readonly diffs: readonly EnvironmentDiff[];
}

/** What changes for consumers of one environment. Names of flags, sorted. */
export interface EnvironmentDiff {
  readonly environment: string;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly on: readonly string[];
  readonly off: readonly string[];
  /** How many flags are served now. */
  readonly served: number;
}

/**
 * `objects` are those that releases put at the target, by path; the ones that are not in this
 * release are removed. `lists` are the bodies of the lists that are served now, by environment.
 */
export function planPublication(
  release: Release,
  objects: ReadonlyMap<string, PublishedObject>,
  lists: ReadonlyMap<string, string>,
): Publication {
  const put = release.responses.filter(({ path, md5 }) => {
    const now = objects.get(path);
    return now === undefined || now.isModifiedElsewhere || now.etag !== md5;
  });
  const wanted = new Set(release.responses.map(({ path }) => path));
  const remove = [...objects.keys()].filter((path) => !wanted.has(path));
  return {
    put: [...put.filter(({ path }) => !isIndex(path)), ...put.filter(({ path }) => isIndex(path))],
    remove: remove.sort(compareText),
    keep: release.responses.length - put.length,
    diffs: [...new Set([...release.environments, ...lists.keys()])].map((environment) =>
      diffEnvironment(environment, release, lists.get(environment)),
    ),
  };
}

/** What differs in one environment between the list that is served and that of a release. */
export function diffEnvironment(
  environment: string,
  release: Release,
  servedBody: string | undefined,
): EnvironmentDiff {
  const path = release.environments.includes(environment) ? pathOf(release, environment) : "";
  const before = flagsOf(servedBody);
  const after = flagsOf(release.responses.find((response) => response.path === path)?.body);
  const names = [...new Set([...before.keys(), ...after.keys()])].sort(compareText);
  const namesWhere = (matches: (was?: boolean, is?: boolean) => boolean) =>
    names.filter((name) => matches(before.get(name), after.get(name)));
  return {
    environment,
    added: namesWhere((was) => was === undefined),
    removed: namesWhere((_, is) => is === undefined),
    on: namesWhere((was, is) => was === false && is === true),
    off: namesWhere((was, is) => was === true && is === false),
    served: before.size,
  };
}

/** No flags if there is no list, or if it is not the list of a release. */
function flagsOf(body: string | undefined): ReadonlyMap<string, boolean> {
  try {
    return new Map(Object.entries(body === undefined ? {} : readBackList(body).flags));
  } catch {
    return new Map();
  }
}
