/** A summary of every flag, for people who manage flags. */
import { type Decision, type FlagType, isFull } from "../flag/flag.ts";
import type { Snapshot, Timestamp } from "../flag/snapshot.ts";
import { findStale, type StaleFlag } from "./stale.ts";

export interface FlagOverview {
  readonly name: string;
  readonly description: string;
  /** `null` if no team is named. */
  readonly owner: string | null;
  readonly type: FlagType;
  /** `YYYY-MM-DD`; `null` if the flag may stay. */
  readonly expires: string | null;
  readonly private: boolean;
  readonly created_at: Timestamp;
  readonly updated_at: Timestamp;
  readonly environments: Readonly<Record<string, EnvironmentOverview>>;
  /** Why the flag is stale; `null` if it is not. */
  readonly stale: Pick<StaleFlag, "kind" | "since" | "reason"> | null;
}

/** The decision of a flag in one environment. */
export interface EnvironmentOverview {
  /** `on` for everyone, `off` for everyone, or `partial`. */
  readonly state: "on" | "off" | "partial";
  /** The switch: `false` overrides everything below. */
  readonly enabled: boolean;
  /** In percent. */
  readonly rollout: number;
  /** Number of rules. */
  readonly rules: number;
  /** Their names; none for a boolean flag. */
  readonly variants: readonly string[];
}

/**
 * The flags of a snapshot as `environments` see them, with what is stale on the day `today`
 * (`YYYY-MM-DD`). `toggled` has the time of each flag's last toggle: see `findStale()`.
 */
export function overviewOf(
  { flags }: Pick<Snapshot, "flags">,
  environments: readonly string[],
  toggled: ReadonlyMap<string, Timestamp>,
  today: string,
  days: number,
): FlagOverview[] {
  const stale = new Map(
    findStale(flags, toggled, today, days).map(({ flag, kind, since, reason }) => [
      flag.name,
      { kind, since, reason },
    ]),
  );
  return flags.map((flag) => {
    const { name, description, owner, type, expires, created_at, updated_at } = flag;
    const states = environments.flatMap((environment) => {
      const decision = flag.decisions[environment];
      return decision ? [[environment, summarize(decision)] as const] : [];
    });
    return {
      ...{ name, description, owner: owner || null, type, expires: expires || null },
      ...{ private: flag.private, created_at, updated_at },
      environments: Object.fromEntries(states),
      stale: stale.get(name) ?? null,
    };
  });
}

function summarize(decision: Decision): EnvironmentOverview {
  const { enabled, rollout = 100, rules = [], variants = [] } = decision;
  const gives = [{ rollout }, ...rules].some((one) => one.rollout !== 0);
  const state = isFull(decision) ? "on" : enabled && gives ? "partial" : "off";
  const names = variants.map(([name]) => name);
  return { state, enabled, rollout, rules: rules.length, variants: names };
}
