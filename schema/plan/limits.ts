/**
 * How much one publication may remove or turn on. Changes that exceed a limit are probably an accident:
 * they wait until somebody allows them, while all other changes are published. Turning off never waits.
 */
import type { WaitingChange } from "../compile/manifest.ts";
import { type Limits, rootEnvironment } from "../project/project.ts";
import { pluralize } from "../text/show.ts";
import { toggled } from "./difference.ts";
import type { FlagPlan, Plan } from "./plan.ts";

/** The kinds of change that have a limit. */
export type LimitedChange = WaitingChange["change"];

/** A limit that a publication exceeds, and the changes of this kind, which wait. */
export interface ExceededLimit {
  readonly change: LimitedChange;
  readonly flags: readonly string[];
  /** `it removes 22 of 26 flags (84.6 %), and 20 % or 5 flags is the limit` */
  readonly reason: string;
}

/** The changes of a publication in the environment that is served at the root of the URLs. */
export interface RootChanges {
  readonly removed: readonly string[];
  /** The flags that are turned on. */
  readonly on: readonly string[];
  /** How many flags are served before. */
  readonly served: number;
  /** How many flags there are after. */
  readonly size: number;
}

/**
 * The changes that exceed a limit. Changes in `waiting` exceeded it in an earlier publication: they
 * continue to wait, but do not count against the changes that came after them.
 */
export function findExceededLimits(
  { removed, on, served, size }: RootChanges,
  { remove, turn, at_least }: Limits,
  waiting: readonly WaitingChange[] = [],
): ExceededLimit[] {
  const check = (change: LimitedChange, flags: readonly string[], percent: number) => {
    const isEmptied = change === "removal" && size === 0;
    const maxFlags = isEmptied ? 0 : Math.max(at_least, (served * percent) / 100);
    if (flags.length <= maxFlags) return [];
    const before = new Set(waiting.filter((one) => one.change === change).map(({ flag }) => flag));
    const fresh = flags.filter((flag) => !before.has(flag));
    const held = fresh.length > maxFlags ? flags : flags.filter((flag) => before.has(flag));
    const verb = change === "removal" ? "removes" : "turns on";
    const share = Math.round((1_000 * flags.length) / served) / 10;
    const limit = isEmptied
      ? "no flag would be left"
      : `${percent} % or ${pluralize(at_least, "flag")} is the limit`;
    const reason = `it ${verb} ${flags.length} of ${served} flags (${share} %), and ${limit}`;
    return held.length === 0 ? [] : [{ change, flags: held, reason }];
  };
  return [...check("removal", removed, remove), ...check("switch-on", on, turn)];
}

/** The changes that wait for a limit. One in `before` is served as before; another one as of `commit`, the served one. */
export function waitingChanges(
  exceeded: readonly ExceededLimit[],
  before: readonly WaitingChange[],
  commit: string,
): WaitingChange[] {
  const known = new Map(before.map((one) => [`${one.change} ${one.flag}`, one.served]));
  return exceeded.flatMap(({ change, flags }) =>
    flags.map((flag) => ({ flag, change, served: known.get(`${change} ${flag}`) ?? commit })),
  );
}

/**
 * Why environments may not be removed without a permission: all flags of an environment are removed
 * with it. `gone` has the environments that are served now and are not in the project.
 */
export function findRemovedEnvironments(
  gone: readonly { readonly environment: string; readonly served: number }[],
  { remove, at_least }: Limits,
): string[] {
  return gone
    .filter(({ served }) => served > Math.max(at_least, (served * remove) / 100))
    .map(({ environment, served }) => {
      const flags = served === 1 ? "its only flag" : `all of its ${served} flags`;
      const limit = `${remove} % or ${pluralize(at_least, "flag")} is the limit`;
      return `it removes the environment "${environment}" with ${flags}, and ${limit}`;
    });
}

/** What of a plan exceeds a limit if it is published alone, and what the author of the change can do. */
export function explainLimits(plan: Plan): { readonly reason: string; readonly hint: string }[] {
  const { environments, order, flags, served, limits } = plan;
  const root = rootEnvironment(plan);
  const namesOf = (matches: (flag: FlagPlan) => boolean) =>
    flags.filter(matches).map(({ name }) => name);
  const removed = namesOf(({ change }) => change === "removed");
  const added = namesOf(({ change }) => change === "added");
  const on = namesOf((flag) => toggled(flag, root) === "on");
  const size = served - removed.length + added.length;
  const gone = environments
    .filter((environment) => !order.includes(environment))
    .map((environment) => ({ environment, served }));
  const allow =
    "until the pull request has the label `bunting:allow`, or somebody publishes with `--allow REASON`";
  return [
    ...findExceededLimits({ removed, on, served, size }, limits).map(({ reason }) => {
      return { reason, hint: `publishing holds these changes back ${allow}` };
    }),
    ...findRemovedEnvironments(gone, limits).map((reason) => {
      return { reason, hint: `publishing refuses the commit ${allow}` };
    }),
  ];
}
