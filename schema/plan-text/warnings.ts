/** Warnings for the reviewer of a change. */
import { type DecisionChange, toggled } from "../plan/difference.ts";
import { explainLimits } from "../plan/limits.ts";
import { describePeople } from "../plan/people.ts";
import type { FlagPlan, Plan } from "../plan/plan.ts";
import type { Setting } from "../plan/settings.ts";
import { joined } from "../text/show.ts";
import { escapeMarkdown } from "./format.ts";

/** Each in Markdown, without a full stop, the most serious kind first. `today` is `YYYY-MM-DD`. */
export function findWarnings(plan: Plan, today: string): string[] {
  return checks.flatMap((check) => check(plan, today));
}

/** Up to this many flags may turn on or off in one environment without a warning. */
const usualCount = 3;
/** More flags may turn on or off without a warning, up to this share of all flags. */
const usualShare = 0.1;

const checks: readonly ((plan: Plan, today: string) => string[])[] = [
  /** A kill switch is turned on or off in an emergency, or by mistake. */
  function leavesKillSwitches({ flags, environments }) {
    return flags
      .filter(({ type }) => type === "kill_switch")
      .flatMap((flag) => {
        const moves = environments.flatMap((environment) => {
          const way = toggled(flag, environment);
          return way === "same" ? [] : [`${way} in ${environment}`];
        });
        const what = flag.change === "changed" ? joined(moves) : `is ${flag.change}`;
        const verb = flag.change === "changed" ? "turns " : "";
        return what === "" ? [] : [`${name(flag)} is a kill switch, and it ${verb}${what}`];
      });
  },

  /** A change of all environments at once was not tried out in one of them before. */
  function goesStepByStep({ flags, environments }) {
    if (environments.length < 2) return [];
    return flags.flatMap((flag) => {
      const changes = environments.map((environment) => flag.decisions[environment] ?? {});
      const way = [true, false].find((is) =>
        changes.every(
          ({ before, after }) => after?.enabled === is && Boolean(before?.enabled) !== is,
        ),
      );
      if (way === undefined) return [];
      return [`${name(flag)} turns ${way ? "on" : "off"} in all environments at once`];
    });
  },

  /** A flag is enabled in an environment only after the environment before it. */
  function followsTheOrder({ flags, order }) {
    const [last = "", earlier] = [...order].reverse();
    if (earlier === undefined) return [];
    return flags
      .filter(({ decisions: { [last]: production, [earlier]: previous } }) => {
        const isNew = production?.after?.enabled === true && !production.before?.enabled;
        return isNew && previous?.after?.enabled === false;
      })
      .map((flag) => `${name(flag)} is on in ${last} before it is in ${earlier}`);
  },

  /** A smaller rollout takes the feature from people who have it. */
  function keepsRollouts({ flags, environments }) {
    return flags.flatMap((flag) =>
      byEffect(flag, environments, ({ people }) =>
        people && people.ids === 0 && people.lose > 0 ? describePeople(people) : "",
      ).map(([where, effect]) => `${name(flag)} lowers its rollout in ${where}: ${effect}`),
    );
  },

  /** The same rollout with another hash gives the feature to other people. */
  function keepsPeople({ flags, environments }) {
    return flags.flatMap((flag) => {
      const effects = byEffect(flag, environments, ({ people }) =>
        people && people.ids > 0 ? describePeople(people) : "",
      );
      const { renamedFrom } = flag;
      return effects.map(([where, effect]) =>
        renamedFrom === undefined
          ? `${name(flag)} moves people in ${where}: ${effect}`
          : `${name(flag)} seems to be \`${renamedFrom}\` under a new name, for other people in ${where}: ${effect}; \`seed: ${renamedFrom}\` in its file keeps them`,
      );
    });
  },

  /** Code that still uses a removed flag gets "off". */
  function isOffWhenRemoved({ flags, environments }) {
    return flags.flatMap((flag) => {
      const on = environments.filter((environment) => flag.decisions[environment]?.before?.enabled);
      if (flag.change !== "removed" || on.length === 0) return [];
      return [
        `${name(flag)} is removed while it is on in ${joined(on)}: code that still uses it gets off`,
      ];
    });
  },

  /** An expired flag should be removed, not turned on or off. */
  function isInTime({ flags }, today) {
    return flags
      .filter(({ expires, change }) => change !== "removed" && expires !== "" && expires <= today)
      .map((flag) => `${name(flag)} should have been removed by ${flag.expires}`);
  },

  /** Turning many flags on or off at once is often a mistake. */
  function togglesFew({ flags, served, environments }) {
    return environments.flatMap((environment) => {
      const turned = flags.filter((flag) => toggled(flag, environment) !== "same").length;
      if (turned <= Math.max(usualCount, served * usualShare)) return [];
      return [`${turned} of ${served} flags turn on or off in ${environment}, more than usual`];
    });
  },

  function removesFew({ flags, served }) {
    const removed = flags.filter(({ change }) => change === "removed").length;
    if (removed <= Math.max(usualCount, served * usualShare)) return [];
    return [`${removed} of ${served} flags are removed, more than usual`];
  },

  /** Changes over a limit are merged, but not published. */
  function staysWithinLimits(plan) {
    return explainLimits(plan).map(({ reason, hint }) => `${reason}: ${hint}`);
  },

  /** Clients of an environment that is removed, or has another URL, get 404. */
  function keepsEnvironments({ settings }) {
    const find = (wanted: Setting) => settings.find(({ setting }) => setting === wanted);
    const [moved, listed] = [find("environment at the root"), find("environments")];
    const after = new Set(listed?.after.split(", "));
    const gone = listed?.before.split(", ").filter((one) => !after.has(one)) ?? [];
    const root =
      moved && `the URLs without an environment serve ${moved.after} instead of ${moved.before}`;
    return [
      ...(root ? [root] : []),
      ...gone.map((environment) => `${environment} is not served any more: its URLs return 404`),
    ];
  },

  /** The times that clients see, and the history, come from the commits. */
  function hasPlainCommits({ commitWarnings }) {
    return commitWarnings.map(({ message, hint }) => escapeMarkdown(`${message}: ${hint}`));
  },

  /** A change of protection decides who may change flags. */
  function keepsProtection({ protection }) {
    return protection.map(({ environment, change }) =>
      change === "protected"
        ? `${environment} is protected from now on: changes through the API become pull requests`
        : `${environment} is not protected any more: changes through the API are committed without a review`,
    );
  },
];

/** The environments with each effect of a flag's change; `""` is no effect. */
function byEffect(
  flag: FlagPlan,
  environments: readonly string[],
  effectOf: (change: DecisionChange) => string,
): [environments: string, effect: string][] {
  const found = new Map<string, string[]>();
  for (const environment of environments) {
    const effect = effectOf(flag.decisions[environment] ?? {});
    if (effect !== "") found.set(effect, [...(found.get(effect) ?? []), environment]);
  }
  return [...found].map(([effect, where]) => [joined(where), effect]);
}

function name(flag: FlagPlan): string {
  return `\`${flag.name}\``;
}
