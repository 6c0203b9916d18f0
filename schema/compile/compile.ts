import { isOn } from "../flag/flag.ts";
import type { Snapshot, TimedFlag } from "../flag/snapshot.ts";
import { type Project, rootEnvironment } from "../project/project.ts";
import { compareText } from "../text/order.ts";
import { compileDefinitions, definedFlags } from "./definitions.ts";
import { errorResponses } from "./error-responses.ts";
import { compileFlagd } from "./flagd.ts";
import { compileOpenFeatureManifest } from "./openfeature.ts";
import { readBackEntry, readBackFlag, readBackList } from "./read-back.ts";
import { type Release, type Response, respond } from "./release.ts";
import { definitionKinds, outputPath, parsePath, pathOf } from "./urls.ts";

/**
 * Every response of a snapshot. The same snapshot gives the same bytes, whatever the order of its
 * flags. The parts of a flag are kept with the flag's object: the next snapshot, which has the same
 * objects for flags that did not change, costs only what changed and the bytes of the lists.
 */
export function compile(snapshot: Snapshot): Release {
  const { project, commit, committed_at, updated_at } = snapshot;
  const { environments } = project;
  const flags = sortByName(snapshot.flags);
  const parts = flags.map((flag) => partsOf(project, flag));
  const sections = environments.map((environment, index) => [
    ...compileDefined(snapshot, environment, ["definitions"]),
    compileList(project, index, parts, updated_at),
    ...parts.map(({ responses }) => responses[index] as Response),
    ...compileDefined(snapshot, environment, ["flagd", "openfeature"]),
  ]);
  const responses = [...sections, errorResponses]
    .sort(([a], [b]) => compareText(a?.path ?? "", b?.path ?? ""))
    .flat();
  return { commit, committed_at, environments, responses };
}

type Environments = Pick<Project, "environments">;

/** Snapshots are usually sorted already, which is cheaper to check than to do again. */
function sortByName(flags: readonly TimedFlag[]): readonly TimedFlag[] {
  const isSorted = flags.every(
    ({ name }, index) => index === 0 || compareText(flags[index - 1]?.name ?? "", name) < 0,
  );
  return isSorted ? flags : [...flags].sort((a, b) => compareText(a.name, b.name));
}

/** What one flag gives to a release, by the position of the environment. */
interface FlagParts {
  readonly environments: readonly string[];
  readonly name: string;
  readonly responses: readonly Response[];
  /** `"meal_planning":true`, for the list. */
  readonly entries: readonly string[];
}

/** Flags are never changed in place, so their parts are valid as long as they exist. */
const knownParts = new WeakMap<TimedFlag, FlagParts>();

function partsOf(project: Environments, flag: TimedFlag): FlagParts {
  const { environments } = project;
  const known = knownParts.get(flag);
  if (known?.environments === environments) return known;
  const same: Known = {};
  const parts = {
    environments,
    name: flag.name,
    responses: environments.map((one) => compileFlagResponse(project, one, flag, same)),
    entries: environments.map((one) => compileEntry(flag.name, isOn(flag, one))),
  };
  knownParts.set(flag, parts);
  return parts;
}

/** The responses of one flag where it is on, and where it is off. */
type Known = { on?: Response; off?: Response };

/**
 * The response of one flag, as an environment sees it. It does not name the environment: one body
 * serves all in which the flag has the same state.
 */
export function compileFlagResponse(
  project: Environments,
  environment: string,
  flag: TimedFlag,
  known: Known = {},
): Response {
  const state = isOn(flag, environment) ? "on" : "off";
  const same = known[state] ?? compileFlag(project, flag, state === "on");
  known[state] = same;
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
  snapshot: Pick<Snapshot, "project" | "flags" | "audiences">,
  environment: string,
  kinds: readonly (keyof typeof definedOutputs)[],
): Response[] {
  const { project } = snapshot;
  if (!project.publish.definitions) return [];
  const defined = definedFlags(environment, snapshot);
  return kinds.map((kind) =>
    respond(outputPath(project, environment, kind), definedOutputs[kind](defined)),
  );
}

/**
 * An output that shows rules, by its path: the bytes that would be published, for projects that do
 * not publish them. `undefined` for any other path.
 */
export function compileUnpublished(
  snapshot: Pick<Snapshot, "project" | "flags" | "audiences">,
  path: string,
): Response | undefined {
  const { project } = snapshot;
  const { kind: found, folder = "" } = parsePath(path) ?? {};
  const kind = definitionKinds.find((one) => one === found);
  if (kind === undefined) return undefined;
  const environment = folder === "" ? rootEnvironment(project) : folder;
  if (!project.environments.includes(environment)) return undefined;
  if (outputPath(project, environment, kind) !== path) return undefined;
  return respond(path, definedOutputs[kind](definedFlags(environment, snapshot)));
}

/** The list of the environment at a position. */
function compileList(
  project: Environments,
  index: number,
  parts: readonly FlagParts[],
  updated_at: string,
): Response {
  const environment = project.environments[index] ?? "";
  const twice = parts.find(({ name }, at) => at > 0 && parts[at - 1]?.name === name);
  if (twice) throw new Error(`Cannot compile a list: it has two flags "${twice.name}"`);
  const empty = JSON.stringify({ environment, flags: {}, updated_at });
  // The entries were read back one by one, so the whole is a list if the rest of it is one.
  readBackList(empty, environment, 0);
  const [head = "", tail = ""] = empty.split('"flags":{}');
  const entries = parts.map((part) => part.entries[index]).join(",");
  return respond(pathOf(project, environment), `${head}"flags":{${entries}}${tail}`);
}

function compileEntry(name: string, enabled: boolean): string {
  const entry = `${JSON.stringify(name)}:${enabled}`;
  readBackEntry(entry, name);
  return entry;
}

function compileFlag(project: Environments, flag: TimedFlag, enabled: boolean): Response {
  const { name, description, created_at, updated_at } = flag;
  const body = JSON.stringify({ name, enabled, description, created_at, updated_at });
  readBackFlag(body, name);
  return respond(pathOf(project, rootEnvironment(project), name), body);
}
