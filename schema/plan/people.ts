/**
 * How many people a change of a decision affects: exactly where a larger rollout contains the
 * smaller one, otherwise simulated over invented ids. Callers that a rule matches are left out,
 * because their number is unknown.
 */
import { definedFlags, toDefinitions } from "../definitions/definitions.ts";
import { type Definitions, targetingKey } from "../evaluate/definition.ts";
import { type Evaluation, evaluate } from "../evaluate/evaluate.ts";
import type { Decision } from "../flag/flag.ts";
import { withRequired } from "../flag/required-flags.ts";
import type { Snapshot } from "../flag/snapshot.ts";
import { isSameJson } from "../text/json.ts";
import { groupDigits } from "../text/show.ts";

/** Percentages of the callers that no rule matches. */
export interface PeopleEffect {
  /** Share of those who get the feature and did not get it before. */
  readonly gain: number;
  /** Share of those who do not get it any more. */
  readonly lose: number;
  /** Share of those who get another value, but are inside or outside of the rollout as before. */
  readonly move: number;
  /** Over how many ids this was simulated; 0 if it is exact. */
  readonly ids: number;
}

/** A flag before and after; its name may change. */
export interface NamedChange {
  readonly before: { readonly name: string; readonly decision: Decision };
  readonly after: { readonly name: string; readonly decision: Decision };
}

/**
 * Maximum number of definitions that all simulations together read for each id. A change reads the
 * flag before and after, and each required flag as often as it is required. With 100,000 ids,
 * 60 take 8 to 10 s of one core; flags that require 100 others would take minutes.
 */
const maxReads = 60;

/** `undefined` if only rules affect people, or if too many changes were simulated before. */
export type MeasurePeople = (change: NamedChange, environment: string) => PeopleEffect | undefined;

/** Measures changes between two snapshots over a number of ids. */
export function measurePeople(base: Snapshot, head: Snapshot, ids: number): MeasurePeople {
  const definitions = new Map<string, readonly [before: Definitions, after: Definitions]>();
  const definitionsOf = (environment: string) => {
    const known = definitions.get(environment);
    if (known) return known;
    const define = (one: Snapshot) => toDefinitions(definedFlags(environment, one));
    const sides = [define(base), define(head)] as const;
    definitions.set(environment, sides);
    return sides;
  };
  // By the texts of both decisions: environments often have the same decisions.
  const effects = new Map<string, PeopleEffect>();
  let readsLeft = maxReads;
  return (change, environment) => {
    const { before, after } = change;
    if (!before.decision.enabled || !after.decision.enabled) return undefined;
    const [was, is] = [inputsOf(before), inputsOf(after)];
    if (was.text === is.text && was.rollout === is.rollout) return undefined;
    if (was.text === is.text && (before.decision.requires ?? []).length === 0) {
      const gain = rounded(is.rollout - was.rollout);
      return { gain: Math.max(0, gain), lose: Math.max(0, -gain), move: 0, ids: 0 };
    }
    const key = JSON.stringify([before, after]);
    const known = effects.get(key);
    if (known) return known;
    const [old, next] = definitionsOf(environment);
    const reads = countReads(old, before.name) + countReads(next, after.name);
    if (reads > readsLeft) return undefined;
    readsLeft -= reads;
    const effect = simulate(change, [old, next], ids);
    if (effect) effects.set(key, effect);
    return effect;
  };
}

/** The rollout, and as `text` everything else that decides who is inside it. */
function inputsOf({ name, decision }: NamedChange["before"]) {
  const { rollout = 100, seed = name, bucket = targetingKey, variants, split, uses } = decision;
  // With one variant or at 100 %, the text that is hashed does not matter for a boolean.
  const hashed = rollout < 100 || variants ? [seed, bucket] : [];
  return { rollout, text: JSON.stringify([hashed, variants, split, uses?.required]) };
}

function simulate(
  { before, after }: NamedChange,
  [old, next]: readonly [Definitions, Definitions],
  ids: number,
): PeopleEffect | undefined {
  const buckets = [...bucketsOf(old, before.name), ...bucketsOf(next, after.name)];
  const attributes = new Set(buckets.filter((attribute) => attribute !== undefined));
  if (buckets.includes(undefined)) return undefined;
  const count = { gain: 0, lose: 0, move: 0 };
  for (let id = 0; id < ids; id++) {
    const text = `id-${id}`;
    const context = Object.fromEntries([...attributes].map((attribute) => [attribute, text]));
    const was = evaluate(old, before.name, context);
    const is = evaluate(next, after.name, context);
    if (isInside(was) !== isInside(is)) count[isInside(is) ? "gain" : "lose"]++;
    else if (was.variant !== is.variant || !isSameJson(was.value, is.value)) count.move++;
  }
  const percent = (number: number) => Math.round((1_000 * number) / ids) / 10;
  const { gain, lose, move } = count;
  return { gain: percent(gain), lose: percent(lose), move: percent(move), ids };
}

/** The attributes that are hashed for a flag and for those that it requires; `undefined` for a flag that is missing. */
function bucketsOf({ flags }: Definitions, name: string): (string | undefined)[] {
  const names = [...withRequired(name, (one) => flags[one]?.requires)];
  return names.map((one) => flags[one] && (flags[one].bucket ?? targetingKey));
}

/** Maximum number of definitions that one evaluation reads. Stops counting above `maxReads`. */
function countReads({ flags }: Definitions, name: string): number {
  let reads = 1;
  for (const next of flags[name]?.requires ?? []) {
    if (reads > maxReads) break;
    reads += countReads({ flags }, next);
  }
  return reads;
}

function isInside({ value, reason }: Evaluation): boolean {
  return typeof value === "boolean" ? value : reason === "SPLIT" || reason === "TARGETING_MATCH";
}

/** Percentages have at most three decimals; differences of them may have more. */
export function rounded(percent: number): number {
  return Number(percent.toFixed(3));
}

/** `20 % lose it`; `""` if nobody is affected. */
export function describePeople({ gain, lose, move, ids }: PeopleEffect): string {
  const parts = [
    ...(lose > 0 ? [`${lose} % lose it`] : []),
    ...(gain > 0 ? [`${gain} % get it${lose > 0 ? " instead" : ""}`] : []),
    ...(move > 0 ? [`${move} % get another value`] : []),
  ];
  if (parts.length === 0) return "";
  const text = parts.join(", ");
  return ids === 0 ? text : `${text} (simulated over ${groupDigits(ids)} ids)`;
}
