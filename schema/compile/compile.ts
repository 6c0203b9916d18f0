import { isOn } from "../flag/flag.ts";
import type { Snapshot, TimedFlag } from "../flag/snapshot.ts";
import { type Project, rootEnvironment } from "../project/project.ts";
import { compareText } from "../text/order.ts";
import { compileDefinitions, definedFlags } from "./definitions.ts";
import { errorResponses } from "./error-responses.ts";
import { compileFlagd } from "./flagd.ts";
import { compileOpenFeatureManifest } from "./openfeature.ts";
import { readBackFlag, readBackList } from "./read-back.ts";
import { type Release, type Response, respond } from "./release.ts";
import { outputPath, parsePath, pathOf } from "./urls.ts";

/** An earlier release, and the flags that have changed since. */
export interface Earlier {
  readonly release: Release;
  /** By name. */
  readonly changed: ReadonlySet<string>;
}

/**
 * Every response of a snapshot. The same snapshot gives the same bytes, whatever the order of its
 * flags. With an earlier release of the same project, only what changed is compiled.
 */
export function compile(snapshot: Snapshot, earlier?: Earlier): Release {
  const flags = [...snapshot.flags].sort((a, b) => compareText(a.name, b.name));
  const { project } = snapshot;
  const { environments } = project;
  const known = earlier && unchanged(project, earlier);
  const on: Known = new Map();
  const off: Known = new Map();
  const sections = environments.map((environment) => [
    ...compileDefined(project, environment, flags, ["definitions"]),
    compileList(project, environment, flags, snapshot.updated_at),
    ...flags.map(
      (flag) =>
        known?.(environment, flag.name) ??
        compileFlagResponse(project, environment, flag, isOn(flag, environment) ? on : off),
    ),
    ...compileDefined(project, environment, flags, ["flagd", "openfeature"]),
  ]);
  const responses = [...sections, errorResponses]
    .sort(([a], [b]) => compareText(a?.path ?? "", b?.path ?? ""))
    .flat();
  const { commit, committed_at } = snapshot;
  return { commit, committed_at, environments, responses };
}

function unchanged(project: Environments, { release, changed }: Earlier) {
  const byPath = new Map(release.responses.map((response) => [response.path, response]));
  return (environment: string, name: string): Response | undefined =>
    changed.has(name) ? undefined : byPath.get(pathOf(project, environment, name));
}

type Environments = Pick<Project, "environments">;

/** Responses by name, of flags that are all on or all off. */
type Known = Map<string, Response>;

/**
 * The response of one flag, as an environment sees it. It does not name the environment: one body
 * serves all in which the flag has the same state.
 */
export function compileFlagResponse(
  project: Environments,
  environment: string,
  flag: TimedFlag,
  known: Known = new Map(),
): Response {
  const same = known.get(flag.name) ?? compileFlag(project, flag, isOn(flag, environment));
  known.set(flag.name, same);
  const { body, md5, sha256, length } = same;
  return { path: pathOf(project, environment, flag.name), body, md5, sha256, length };
}

/** The outputs that say how flags are decided, by kind. */
const definedOutputs = {
  definitions: compileDefinitions,
  flagd: compileFlagd,
  openfeature: compileOpenFeatureManifest,
} as const;

/** The outputs of an environment that show rules: none unless the project publishes them. */
function compileDefined(
  project: Project,
  environment: string,
  flags: readonly TimedFlag[],
  kinds: readonly (keyof typeof definedOutputs)[],
): Response[] {
  if (!project.publish.definitions) return [];
  const defined = definedFlags(environment, flags);
  return kinds.map((kind) =>
    respond(outputPath(project, environment, kind), definedOutputs[kind](defined)),
  );
}

/**
 * An output that shows rules, by its path: the bytes that would be published, for projects that do
 * not publish them. `undefined` for any other path.
 */
export function compileUnpublished(
  { project, flags }: Pick<Snapshot, "project" | "flags">,
  path: string,
): Response | undefined {
  const { kind, folder = "" } = parsePath(path) ?? {};
  if (kind !== "definitions" && kind !== "flagd" && kind !== "openfeature") return undefined;
  const environment = folder === "" ? rootEnvironment(project) : folder;
  if (!project.environments.includes(environment)) return undefined;
  if (outputPath(project, environment, kind) !== path) return undefined;
  return respond(path, definedOutputs[kind](definedFlags(environment, flags)));
}

/** The list of an environment. */
function compileList(
  project: Environments,
  environment: string,
  flags: readonly TimedFlag[],
  updated_at: string,
): Response {
  const states = flags.map((flag) => [flag.name, isOn(flag, environment)]);
  const body = JSON.stringify({ environment, flags: Object.fromEntries(states), updated_at });
  readBackList(body, environment, flags.length);
  return respond(pathOf(project, environment), body);
}

function compileFlag(project: Environments, flag: TimedFlag, enabled: boolean): Response {
  const { name, description, created_at, updated_at } = flag;
  const body = JSON.stringify({ name, enabled, description, created_at, updated_at });
  readBackFlag(body, name);
  return respond(pathOf(project, rootEnvironment(project), name), body);
}
