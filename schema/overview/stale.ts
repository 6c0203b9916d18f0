/** Finds flags that are no longer needed: expired, or unchanged for a long time. */
import { isFull } from "../flag/flag.ts";
import type { TimedFlag, Timestamp } from "../flag/snapshot.ts";
import { isSameDecision } from "../plan/difference.ts";
import { describeDecision } from "../plan-text/describe-decision.ts";
import { compareText } from "../text/order.ts";

export interface StaleFlag {
  readonly flag: TimedFlag;
  readonly kind: "expired" | "unchanged";
  /** The day on which it expired, or since which it is the same for everyone: `YYYY-MM-DD`. */
  readonly since: string;
  /** A sentence without its full stop. */
  readonly reason: string;
  /** The flags that require it, sorted. It cannot be deleted as long as there are any. */
  readonly requiredBy: readonly string[];
}

/**
 * The flags that have expired, and the release flags that have been on, or off, for everyone for more
 * than `days`. `lastToggled` has the time of a flag's last toggle. Kill switches are never stale.
 * Sorted by `since`, oldest first.
 */
export function findStale(
  flags: readonly TimedFlag[],
  lastToggled: ReadonlyMap<string, Timestamp>,
  today: string,
  days: number,
): StaleFlag[] {
  const stale = flags.flatMap((flag): Staleness[] => {
    if (flag.type === "kill_switch") return [];
    if (flag.expires !== "" && flag.expires <= today) return [expired(flag)];
    if (!isTheSameForAll(flag)) return [];
    const since = (lastToggled.get(flag.name) ?? flag.updated_at).slice(0, 10);
    return age(since, today) > days ? [unchangedFlag(flag, since)] : [];
  });
  return stale
    .map((one) => withDependents(one, flags))
    .sort((a, b) => compareText(a.since, b.since) || compareText(a.flag.name, b.flag.name));
}

/**
 * Whether only the history can tell when a flag was last toggled: it is older than `days`, and was
 * edited since it was created.
 */
export function needsHistory(flag: TimedFlag, today: string, days: number): boolean {
  const isOld = age(flag.created_at.slice(0, 10), today) > days;
  return isTheSameForAll(flag) && isOld && flag.updated_at !== flag.created_at;
}

/** A release flag that is on, or off, in every environment. */
function isTheSameForAll({ type, decisions }: TimedFlag): boolean {
  const [first, ...others] = Object.values(decisions);
  const isSame = isFull(first) || first?.enabled === false;
  return type === "release" && isSame && others.every((other) => isSameDecision(first, other));
}

type Staleness = Omit<StaleFlag, "requiredBy">;

function withDependents(stale: Staleness, flags: readonly TimedFlag[]): StaleFlag {
  const dependents = flags.filter(({ requires }) => requires.includes(stale.flag.name));
  const requiredBy = dependents.map(({ name }) => name).sort(compareText);
  if (requiredBy.length === 0) return { ...stale, requiredBy };
  const reason = `${stale.reason}, and ${requiredBy.join(", ")} must stop requiring it first`;
  return { ...stale, requiredBy, reason };
}

function expired(flag: TimedFlag): Staleness {
  const { expires: since, type } = flag;
  const what = type === "experiment" ? "The experiment ended on" : "It expired on";
  return { flag, kind: "expired", since, reason: `${what} ${since}` };
}

/** Does not name the number of days, so that the same flag has the same text next week. */
function unchangedFlag(flag: TimedFlag, since: string): Staleness {
  const state = describeDecision(Object.values(flag.decisions)[0]);
  const reason = `It has been ${state} for everyone since ${since}`;
  return { flag, kind: "unchanged", since, reason };
}

/** Whole days from one day to a later one, both `YYYY-MM-DD`. */
function age(since: string, today: string): number {
  return (Date.parse(today) - Date.parse(since)) / 86_400_000;
}
