/** What a change would do to the responses, as a value, before anything is done. */
import { compile } from "../compile/compile.ts";
import type { FlagType } from "../flag/flag.ts";
import type { Snapshot, TimedFlag } from "../flag/snapshot.ts";
import type { Limits, Project } from "../project/project.ts";
import { compareText } from "../text/order.ts";
import { planSettings, type SettingPlan } from "./settings.ts";

export interface Plan {
  /** Full ids of the commits compared. */
  readonly base: string;
  readonly head: string;
  /** How many flags there are at the base. */
  readonly served: number;
  /** Those of the head, then those that only the base has. */
  readonly environments: readonly string[];
  /** The head's environments in the order in which a change passes through them. */
  readonly order: readonly string[];
  /** The head's limits for one publication. */
  readonly limits: Limits;
  /** By name; flags that consumers receive as before are not in it. */
  readonly flags: readonly FlagPlan[];
  /** By path; responses that stay the same are not in it. */
  readonly responses: readonly ResponsePlan[];
  /** In the order of `environments`, without those that stay as they are. */
  readonly protection: readonly ProtectionPlan[];
  /** The other settings of `bunting.yaml` that differ. */
  readonly settings: readonly SettingPlan[];
}

/** An environment in which changes through the API begin to need a review, or cease to. */
export interface ProtectionPlan {
  readonly environment: string;
  readonly change: "protected" | "unprotected";
}

export interface FlagPlan {
  readonly name: string;
  readonly file: string;
  readonly owner: string;
  readonly type: FlagType;
  /** `YYYY-MM-DD`, or `""` where it may stay. */
  readonly expires: string;
  readonly change: "added" | "removed" | "changed";
  /** For each environment: on or off, before and after; `undefined` where the flag is not there. */
  readonly states: Readonly<
    Record<string, { readonly before?: boolean; readonly after?: boolean }>
  >;
  /** What else consumers see change: `description`, or `updated_at` alone after an edit they cannot see. */
  readonly fields: readonly ("description" | "created_at" | "updated_at")[];
}

export interface ResponsePlan {
  readonly path: string;
  readonly change: "added" | "removed" | "changed";
  /** The bodies. */
  readonly before?: string;
  readonly after?: string;
}

export function plan(base: Snapshot, head: Snapshot): Plan {
  const pairs = pairUp(base.flags, head.flags, ({ name }) => name);
  const environments = [...new Set([...head.project.environments, ...base.project.environments])];
  const bodies = pairUp(compile(base).responses, compile(head).responses, ({ path }) => path);
  return {
    base: base.commit,
    head: head.commit,
    served: base.flags.length,
    environments,
    order: head.project.order,
    limits: head.project.limits,
    flags: pairs.flatMap(([name, before, after]) => planFlag(name, environments, before, after)),
    responses: bodies.flatMap(([path, before, after]) =>
      before?.body === after?.body
        ? []
        : [{ path, change: kindOf(before, after), ...sides(before?.body, after?.body) }],
    ),
    protection: planProtection(environments, base.project, head.project),
    settings: planSettings(base.project, head.project),
  };
}

/**
 * `head` as it will be on `base`: a flag that it did not change keeps its times, though the head's
 * own line of commits may have met it later, in a merge from the base.
 */
export function rebaseSnapshot(base: Snapshot, head: Snapshot): Snapshot {
  const known = new Map(base.flags.map((flag) => [flag.name, flag]));
  const flags = head.flags.map((flag) => {
    const { object, created_at, updated_at } = known.get(flag.name) ?? flag;
    return {
      ...flag,
      created_at,
      updated_at: object === flag.object ? updated_at : flag.updated_at,
    };
  });
  const isTouched = flags.some(({ name, file, object }) => {
    const before = known.get(name);
    return file !== before?.file || object !== before.object;
  });
  const isSame = !isTouched && flags.length === known.size;
  const { updated_at } = isSame && base.project.object === head.project.object ? base : head;
  return { ...head, updated_at, flags };
}

/** Whether a flag goes on, goes off, or stays as it was in an environment. */
export function toggled({ states }: FlagPlan, environment: string): "on" | "off" | "same" {
  const { before, after } = states[environment] ?? {};
  if (before === undefined || after === undefined || before === after) return "same";
  return after ? "on" : "off";
}

function planProtection(
  environments: readonly string[],
  before: Project,
  after: Project,
): ProtectionPlan[] {
  return environments.flatMap((environment): ProtectionPlan[] => {
    const [was, is] = [before, after].map((project) => project.protected.includes(environment));
    return was === is ? [] : [{ environment, change: is ? "protected" : "unprotected" }];
  });
}

function planFlag(
  name: string,
  environments: readonly string[],
  before: TimedFlag | undefined,
  after: TimedFlag | undefined,
): FlagPlan[] {
  const fields = (["description", "created_at", "updated_at"] as const).filter(
    (field) => before && after && before[field] !== after[field],
  );
  const known = after ?? before;
  if (!known) return [];
  const { file, owner, type, expires } = known;
  const states = environments.map(
    (environment) =>
      [environment, sides(before?.enabled[environment], after?.enabled[environment])] as const,
  );
  const change = kindOf(before, after);
  // An environment that comes or goes is a change of the project, not of each flag.
  const isSame =
    fields.length === 0 &&
    states.every(
      ([, { before: was, after: is }]) => was === undefined || is === undefined || was === is,
    );
  if (change === "changed" && isSame) return [];
  return [{ name, file, owner, type, expires, change, states: Object.fromEntries(states), fields }];
}

function kindOf(before: unknown, after: unknown): "added" | "removed" | "changed" {
  if (before === undefined) return "added";
  return after === undefined ? "removed" : "changed";
}

function sides<T>(before: T | undefined, after: T | undefined): { before?: T; after?: T } {
  return { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

/** The items of two lists under the keys they share or have alone, by key. */
function pairUp<T>(
  before: readonly T[],
  after: readonly T[],
  key: (item: T) => string,
): [string, T | undefined, T | undefined][] {
  const old = new Map(before.map((item) => [key(item), item]));
  const young = new Map(after.map((item) => [key(item), item]));
  const keys = [...new Set([...old.keys(), ...young.keys()])].sort(compareText);
  return keys.map((name) => [name, old.get(name), young.get(name)]);
}
