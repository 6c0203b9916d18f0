/**
 * The next release, from the one before and the flags that changed in between: what `compile()`
 * makes of all flags, to the byte, in the time that the few take.
 */

import type { Snapshot, TimedFlag } from "../flag/snapshot.ts";
import { environments } from "../project/project.ts";
import { compareText } from "../text/order.ts";
import { compile, compileList, pathOf, type States } from "./compile.ts";
import { errorResponses } from "./error-responses.ts";
import { ManifestLines, manifestLine, manifestText } from "./manifest-text.ts";
import type { Response } from "./release.ts";

/** As much of the release before as it takes. */
export interface Base {
  /** The text of its manifest. */
  readonly manifest: string;
  /** What its lists say, by environment. */
  readonly lists: ReadonlyMap<string, States>;
}

/** What changed since then. */
export interface Changes {
  /** Of nothing but the flags that did. */
  readonly snapshot: Omit<Snapshot, "policy">;
  /** Their names, and the names of those that are no more. */
  readonly names: ReadonlySet<string>;
}

/** What turns the release before into the next one. */
export interface Patch {
  /** The text of its manifest. */
  readonly manifest: string;
  /** The responses that are new, or have other bytes than before. */
  readonly written: readonly Response[];
  /** The paths that are no more. */
  readonly gone: readonly string[];
  /** How many flags it has. */
  readonly flags: number;
  /** How many responses it has. */
  readonly responses: number;
}

export function patch(base: Base, { snapshot, names }: Changes): Patch {
  const lines = new ManifestLines(base.manifest);
  const left = new Set(snapshot.flags.map(({ name }) => name));
  const removed = [...names].filter((name) => !left.has(name));
  const gone = removed
    .flatMap((name) => environments.map((environment) => pathOf(environment, name)))
    .filter((path) => lines.get(path) !== undefined);

  const states = environments.map((environment) => {
    const before = base.lists.get(environment) ?? {};
    return [environment, patchStates(before, environment, snapshot.flags, removed)] as const;
  });
  const size = Object.keys(states[0]?.[1] ?? {}).length;
  const lists = new Map(
    states.map(([environment, states]) => {
      const list = compileList(environment, states, size, snapshot.updated_at);
      return [list.path, list];
    }),
  );
  const written = compile(snapshot)
    .responses.map((response) => lists.get(response.path) ?? response)
    .filter((response) => lines.get(response.path) !== manifestLine(response));

  const { commit, committed_at } = snapshot;
  const changes = new Map<string, string | undefined>(gone.map((path) => [path, undefined]));
  for (const response of written) changes.set(response.path, manifestLine(response));
  const manifest = manifestText({ format: 1, commit, committed_at }, lines.replaced(changes));
  const responses = environments.length * (1 + size) + errorResponses.length;
  return { manifest, written, gone, flags: size, responses };
}

/** The states of all flags, by name: as they were where nothing changed. */
function patchStates(
  before: States,
  environment: string,
  flags: readonly TimedFlag[],
  removed: readonly string[],
): States {
  const states: Record<string, boolean> = { ...before };
  for (const name of removed) delete states[name];
  for (const { name, enabled } of flags) states[name] = enabled[environment] === true;
  if (flags.every(({ name }) => Object.hasOwn(before, name))) return states;
  return Object.fromEntries(Object.entries(states).sort(([a], [b]) => compareText(a, b)));
}
