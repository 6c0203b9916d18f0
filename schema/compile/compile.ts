import type { Snapshot, TimedFlag } from "../flag/snapshot.ts";
import { application, environments } from "../project/project.ts";
import { compareText } from "../text/order.ts";
import { errorResponses } from "./error-responses.ts";
import { readBackFlag, readBackList } from "./read-back.ts";
import { type Release, type Response, respond } from "./release.ts";

/** An earlier release, and the flags that have changed since. */
export interface Earlier {
  readonly release: Release;
  /** By name. */
  readonly changed: ReadonlySet<string>;
}

/**
 * Every response of a snapshot. The same snapshot gives the same bytes, whatever the order of its
 * flags; its policy says nothing to clients. With an earlier release, only what changed is compiled.
 */
export function compile(snapshot: Omit<Snapshot, "policy">, earlier?: Earlier): Release {
  const flags = [...snapshot.flags].sort((a, b) => compareText(a.name, b.name));
  const known = earlier && unchanged(earlier);
  const on: Known = new Map();
  const off: Known = new Map();
  const sections = environments.map((environment) => [
    compileList(environment, statesIn(environment, flags), flags.length, snapshot.updated_at),
    ...flags.map(
      (flag) =>
        known?.(environment, flag.name) ??
        compileFlagResponse(environment, flag, flag.enabled[environment] ? on : off),
    ),
  ]);
  const responses = [...sections, errorResponses]
    .sort(([a], [b]) => compareText(a?.path ?? "", b?.path ?? ""))
    .flat();
  return { commit: snapshot.commit, committed_at: snapshot.committed_at, responses };
}

function unchanged({ release, changed }: Earlier) {
  const byPath = new Map(release.responses.map((response) => [response.path, response]));
  return (environment: string, name: string): Response | undefined =>
    changed.has(name) ? undefined : byPath.get(pathOf(environment, name));
}

/** The path of the list of an environment, or of one flag in it. */
export function pathOf(environment: string, name = ""): string {
  return `${environment === application ? "" : `/${environment}`}/v1/feature-flags/${name}`;
}

/** Responses by name, of flags that are all on or all off. */
type Known = Map<string, Response>;

/**
 * The response of one flag, as an environment sees it. It does not name the environment: one body
 * serves all in which the flag has the same state.
 */
export function compileFlagResponse(
  environment: string,
  flag: TimedFlag,
  known: Known = new Map(),
): Response {
  const same = known.get(flag.name) ?? compileFlag(flag, flag.enabled[environment] === true);
  known.set(flag.name, same);
  const { body, md5, sha256, length } = same;
  return { path: pathOf(environment, flag.name), body, md5, sha256, length };
}

/** Whether each flag is on, in the order of names. */
export type States = Readonly<Record<string, boolean>>;

function statesIn(environment: string, flags: readonly TimedFlag[]): States {
  return Object.fromEntries(
    flags.map(({ name, enabled }) => [name, enabled[environment] === true]),
  );
}

/** The list of an environment, of `size` flags. */
export function compileList(
  environment: string,
  flags: States,
  size: number,
  updated_at: string,
): Response {
  const body = JSON.stringify({ environment, flags, updated_at });
  readBackList(body, environment, size);
  return respond(pathOf(environment), body);
}

function compileFlag(flag: TimedFlag, enabled: boolean): Response {
  const { name, description, created_at, updated_at } = flag;
  const body = JSON.stringify({ name, enabled, description, created_at, updated_at });
  readBackFlag(body, name);
  return respond(pathOf(application, name), body);
}
