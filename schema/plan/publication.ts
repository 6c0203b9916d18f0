/** What publishing a release to a place would do there, as a value, before anything is done. */
import { readBackList } from "../compile/read-back.ts";
import type { Release, Response } from "../compile/release.ts";
import { isIndex, pathOf } from "../compile/urls.ts";
import { rootEnvironment } from "../project/project.ts";
import { compareText } from "../text/order.ts";

/** What stands at a path now. */
export interface PublishedObject {
  /** Its entity tag without quotes; the MD5 of the body, if we put it there. */
  readonly etag: string;
  /** Whether it was changed behind our back, so that its headers cannot be believed either. */
  readonly isModifiedElsewhere: boolean;
}

export interface Publication {
  /** In the order in which they go: flags, lists. */
  readonly put: readonly Response[];
  /** Paths of responses that are no more. */
  readonly remove: readonly string[];
  /** How many stay as they are. */
  readonly keep: number;
  /** By environment of the release, then of those that are served but not in it. */
  readonly diffs: readonly EnvironmentDiff[];
}

/** What consumers of one environment will see happen. Names, sorted. */
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
 * `standing` is what a release put at the target, by path: what is not in this release goes.
 * `lists` are the bodies of the lists that are served now, by environment.
 */
export function planPublication(
  release: Release,
  standing: ReadonlyMap<string, PublishedObject>,
  lists: ReadonlyMap<string, string>,
): Publication {
  const put = release.responses.filter(({ path, md5 }) => {
    const now = standing.get(path);
    return now === undefined || now.isModifiedElsewhere || now.etag !== md5;
  });
  const wanted = new Set(release.responses.map(({ path }) => path));
  const remove = [...standing.keys()].filter((path) => !wanted.has(path));
  return {
    put: [...put.filter(({ path }) => !isIndex(path)), ...put.filter(({ path }) => isIndex(path))],
    remove: remove.sort(compareText),
    keep: release.responses.length - put.length,
    diffs: [...new Set([...release.environments, ...lists.keys()])].map((environment) =>
      diffEnvironment(environment, release, lists.get(environment)),
    ),
  };
}

function diffEnvironment(
  environment: string,
  release: Release,
  servedBody: string | undefined,
): EnvironmentDiff {
  const path = release.environments.includes(environment) ? pathOf(release, environment) : "";
  const before = flagsOf(servedBody);
  const after = flagsOf(release.responses.find((response) => response.path === path)?.body);
  const both = [...after.keys()].filter((name) => before.has(name));
  const turned = both.filter((name) => before.get(name) !== after.get(name));
  return {
    environment,
    added: [...after.keys()].filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !after.has(name)),
    on: turned.filter((name) => after.get(name)),
    off: turned.filter((name) => !after.get(name)),
    served: before.size,
  };
}

/** None where there is no list, or not one of ours. */
function flagsOf(body: string | undefined): ReadonlyMap<string, boolean> {
  try {
    return new Map(Object.entries(body === undefined ? {} : readBackList(body).flags));
  } catch {
    return new Map();
  }
}

export interface Limits {
  /** Share of the served flags, in percent, that one publication may remove. */
  readonly maxRemoved: number;
  /** Share of the served flags, in percent, that one publication may turn on or off. */
  readonly maxFlipped: number;
}

/** Why a publication looks like an accident, in words; nothing where it does not. */
export function findLimitViolations(
  { diffs }: Publication,
  release: Release,
  limits: Limits,
): string[] {
  const root = rootEnvironment(release);
  const here = diffs.find(({ environment }) => environment === root);
  const list = release.responses.find(({ path }) => path === pathOf(release, root));
  if (!here || flagsOf(list?.body).size === 0) return ["it has no flags at all"];
  const { removed, on, off, served } = here;
  const flipped = on.length + off.length;
  const share = (part: number) => Math.round((1_000 * part) / served) / 10;
  const dangers: string[] = [];
  if (removed.length * 100 > served * limits.maxRemoved) {
    const found = `${removed.length} of ${served} flags (${share(removed.length)} %)`;
    dangers.push(`it removes ${found}, and ${limits.maxRemoved} % is the limit`);
  }
  if (flipped * 100 > served * limits.maxFlipped) {
    const found = `${flipped} of ${served} flags (${share(flipped)} %)`;
    dangers.push(`it turns ${found} on or off in ${root}, and ${limits.maxFlipped} % is the limit`);
  }
  return dangers;
}
