/**
 * What differs between two states of flags, in terms of who gets them. Plans, their limits, comments and
 * protection use `diffFlags()` or `diffFlag()`. History and stale flags compare one decision at each
 * commit, by `isSameDecision()`; for them a new environment is a change, too. So all agree on what the
 * change of a decision is.
 */
import { type Decision, type Flag, isFull } from "../flag/flag.ts";
import { stepsIn } from "../flag/schedule.ts";
import { isSameJson } from "../text/json.ts";
import { compareText } from "../text/order.ts";
import type { PeopleEffect } from "./people.ts";
import { isSameSchedule, type StepsChange } from "./steps.ts";

/** A decision before and after; missing if there is no such flag or environment. */
export interface DecisionChange {
  readonly before?: Decision;
  readonly after?: Decision;
  /** How many people the change affects, if that is known. */
  readonly people?: PeopleEffect;
}

/** The kinds of changes, each with its sign in a text. */
export const signs = { added: "+", removed: "-", changed: "~" } as const;
export type ChangeKind = keyof typeof signs;

/** What consumers see of a flag beside its decisions. */
const seenFields = ["description", "created_at", "updated_at"] as const;
export type Field = (typeof seenFields)[number];

/** A flag that consumers see change, now or by a step of its schedule. At least one of `before` and `after` is there. */
export interface FlagDifference<F extends Flag = Flag> {
  readonly name: string;
  readonly change: ChangeKind;
  readonly before: F | undefined;
  readonly after: F | undefined;
  /** One for each environment before or after. */
  readonly decisions: Readonly<Record<string, DecisionChange>>;
  /** By environment; those without steps before and after are left out. */
  readonly schedules: Readonly<Record<string, StepsChange>>;
  /** Fields that differ between `before` and `after`. */
  readonly fields: readonly Field[];
}

/** The flags that consumers see change, by name. */
export function diffFlags<F extends Flag>(
  before: readonly F[],
  after: readonly F[],
  environments: readonly string[],
): FlagDifference<F>[] {
  return pairUp(before, after, ({ name }) => name).flatMap(([, was, is]) => {
    const difference = diffFlag(was, is, environments);
    return difference ? [difference] : [];
  });
}

/** What differs between a flag before and after; `undefined` if consumers see no difference. */
export function diffFlag<F extends Flag>(
  before: F | undefined,
  after: F | undefined,
  environments: readonly string[],
): FlagDifference<F> | undefined {
  const { name } = after ?? before ?? {};
  if (name === undefined) return undefined;
  const decisions = Object.fromEntries(
    environments.map((environment) => [
      environment,
      sides(before?.decisions[environment], after?.decisions[environment]),
    ]),
  );
  const change = changeKindOf(before, after);
  const fields = before && after ? seenFields.filter((field) => differs(before, after, field)) : [];
  const schedules = diffSchedules(before, after, environments);
  const isSame =
    fields.length === 0 &&
    Object.values(decisions).every(isUnchanged) &&
    Object.values(schedules).every(isSameSchedule);
  if (change === "changed" && isSame) return undefined;
  return { name, change, before, after, decisions, schedules, fields };
}

function diffSchedules(
  before: Flag | undefined,
  after: Flag | undefined,
  environments: readonly string[],
): Readonly<Record<string, StepsChange>> {
  if (!before?.schedules.length && !after?.schedules.length) return {};
  const changes = environments.map((environment): [string, StepsChange] => [
    environment,
    { before: stepsIn(before, environment), after: stepsIn(after, environment) },
  ]);
  return Object.fromEntries(changes.filter(([, { before: was, after: is }]) => was[0] ?? is[0]));
}

/**
 * Whether the boolean that clients get in an environment changes: `on` if the flag is on for everyone
 * from now on. `same` also if it is added or removed.
 */
export function toggled(
  { decisions }: Pick<FlagDifference, "decisions">,
  environment: string,
): "on" | "off" | "same" {
  const { before, after } = decisions[environment] ?? {};
  if (!before || !after || isFull(before) === isFull(after)) return "same";
  return isFull(after) ? "on" : "off";
}

export function isSameDecision(a: Decision | undefined, b: Decision | undefined): boolean {
  return isSameJson(a, b);
}

export function changeKindOf(before: unknown, after: unknown): ChangeKind {
  if (before === undefined) return "added";
  return after === undefined ? "removed" : "changed";
}

export function sides<T>(before: T | undefined, after: T | undefined): { before?: T; after?: T } {
  return { ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

/** The items of two lists in pairs with the same key, by key. An item without a counterpart is alone in its pair. */
export function pairUp<T>(
  before: readonly T[],
  after: readonly T[],
  key: (item: T) => string,
): [string, T | undefined, T | undefined][] {
  const old = new Map(before.map((item) => [key(item), item]));
  const next = new Map(after.map((item) => [key(item), item]));
  const keys = [...new Set([...old.keys(), ...next.keys()])].sort(compareText);
  return keys.map((name) => [name, old.get(name), next.get(name)]);
}

/** An environment that is added or removed is a change of the project, not of each flag. */
function isUnchanged({ before, after }: DecisionChange): boolean {
  return before === undefined || after === undefined || isSameDecision(before, after);
}

/** Flags without timestamps, as in a requested change, have no times that could differ. */
function differs(before: Flag, after: Flag, field: Field): boolean {
  const [was, is]: Partial<Record<Field, string>>[] = [before, after];
  return was?.[field] !== is?.[field];
}
