/** The bytes that one flag gives to a release, kept with the flag's object. */
import { isOn } from "../flag/flag.ts";
import type { TimedFlag } from "../flag/snapshot.ts";
import { type Environments, rootEnvironment } from "../project/project.ts";
import { readBackEntry, readBackFlag } from "./read-back.ts";
import { type Response, respond } from "./release.ts";
import { pathOf } from "./urls.ts";

/** What one flag gives to a release, by the position of the environment. */
interface FlagParts {
  readonly environments: readonly string[];
  readonly responses: readonly Response[];
  /** `"meal_planning":true`, for the list. */
  readonly entries: readonly string[];
}

/** Flags are never changed in place, so their parts are valid as long as they exist. */
const knownParts = new WeakMap<TimedFlag, FlagParts>();

export function partsOf(project: Environments, flag: TimedFlag): FlagParts {
  const { environments } = project;
  const known = knownParts.get(flag);
  if (known?.environments === environments) return known;
  const same: CachedResponses = {};
  const parts = {
    environments,
    responses: environments.map((one) => compileFlagResponse(project, one, flag, same)),
    entries: environments.map((one) => compileEntry(flag.name, isOn(flag, one))),
  };
  knownParts.set(flag, parts);
  return parts;
}

/** The responses of one flag where it is on, and where it is off. */
type CachedResponses = { on?: Response; off?: Response };

/**
 * The response of one flag, as an environment sees it. It does not name the environment: one body
 * serves all in which the flag has the same state.
 */
export function compileFlagResponse(
  project: Environments,
  environment: string,
  flag: TimedFlag,
  known: CachedResponses = {},
): Response {
  const state = isOn(flag, environment) ? "on" : "off";
  const same = known[state] ?? compileFlag(project, flag, state === "on");
  known[state] = same;
  const { body, md5, sha256, length } = same;
  return { path: pathOf(project, environment, flag.name), body, md5, sha256, length };
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
