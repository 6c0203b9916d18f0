/** Decisions in words, and what a changed decision means for people. */
import type { Rule } from "../evaluate/definition.ts";
import type { Decision } from "../flag/flag.ts";
import { type DecisionChange, isSameDecision } from "../plan/difference.ts";
import type { MeasuredFlag } from "../plan/measure-flags.ts";
import { describePeople, rounded } from "../plan/people.ts";
import { isSameJson } from "../text/json.ts";
import { pluralize } from "../text/show.ts";

/** A decision in a few words: `on`, `off`, `10 %, 2 rules`, or `none` if there is no flag. */
export function describeDecision(decision: Decision | undefined): string {
  if (decision === undefined) return "none";
  const { enabled, rollout = 100, rules = [], variants = [], requires = [] } = decision;
  if (!enabled) return "off";
  return [
    rollout === 100 ? "on" : `${rollout} %`,
    ...(rules.length === 0 ? [] : [pluralize(rules.length, "rule")]),
    ...(variants.length === 0 ? [] : [`${variants.length} variants`]),
    ...(requires.length === 0 ? [] : [`requires ${requires.join(", ")}`]),
  ].join(", ");
}

/** What a change of an enabled flag means for people, each in a clause: `20 % more get it, nobody loses it`. */
export function describeEffects({ before, after, people }: DecisionChange): string[] {
  if (!before?.enabled || !after?.enabled || isSameDecision(before, after)) return [];
  const simulated = people && people.ids > 0 ? describePeople(people) : "";
  const describers = [describeRules, describeHash, describeUses];
  const others = describers.flatMap((describe) => describe(before, after));
  const rollout = describeRollout(before, after, others.length === 0);
  return [...rollout, ...others, ...(simulated === "" ? [] : [simulated])];
}

/** The effect on people if a flag gets a new name. */
export function describeRename(
  { renamedFrom, decisions }: Pick<MeasuredFlag, "renamedFrom" | "decisions">,
  environment: string,
): string {
  const { people } = decisions[environment] ?? {};
  const effect = people ? describePeople(people) : "";
  return renamedFrom === undefined || effect === "" ? "" : `was ${renamedFrom}, ${effect}`;
}

/** The effect of another rollout. `isAlone`: nothing else of the decision changes. */
function describeRollout(before: Decision, after: Decision, isAlone: boolean): string[] {
  const [was, is] = [before.rollout ?? 100, after.rollout ?? 100];
  if (was === is) return [];
  // A larger rollout contains the smaller one, as long as the same text is hashed.
  if (before.seed !== after.seed || before.bucket !== after.bucket) return [];
  const difference = rounded(Math.abs(is - was));
  if (is < was) return [`${difference} % lose it`];
  return [`${difference} % more get it${isAlone ? ", nobody loses it" : ""}`];
}

/** Rules by name: added, removed, changed, or in another order. */
function describeRules({ rules: old = [] }: Decision, { rules: next = [] }: Decision): string[] {
  const before = new Map(old.map((rule) => [rule.name, rule]));
  const after = new Map(next.map((rule) => [rule.name, rule]));
  const added = next.filter(({ name }) => !before.has(name));
  const removed = old.filter(({ name }) => !after.has(name));
  const changes = next.flatMap((rule) => {
    const earlier = before.get(rule.name);
    return earlier && !isSameJson(earlier, rule) ? [describeRule(earlier, rule)] : [];
  });
  const kept = (names: ReadonlyMap<string, unknown>, rules: readonly { name: string }[]) =>
    rules.filter(({ name }) => names.has(name)).map(({ name }) => name);
  const isMoved = kept(after, old).join("\0") !== kept(before, next).join("\0");
  return [
    ...added.map(({ name }) => `rule "${name}" is added`),
    ...removed.map(({ name }) => `rule "${name}" is removed`),
    ...changes,
    ...(isMoved ? ["rules are in another order"] : []),
  ];
}

/** A rule for the same callers with another rollout has exact numbers. */
function describeRule(before: Rule, after: Rule): string {
  const isForSame = isSameJson(before.if, after.if);
  const [was, is] = [before.rollout, after.rollout];
  if (!isForSame || was === undefined || is === undefined) return `rule "${after.name}" changes`;
  const difference = rounded(Math.abs(is - was));
  const effect = is < was ? "lose it" : "more get it";
  return `rule "${after.name}" gives ${is} % instead of ${was} %: ${difference} % of those who match ${effect}`;
}

/** Changes of audiences and required flags, which are in other files. */
function describeUses({ uses: old = {} }: Decision, { uses: next = {} }: Decision): string[] {
  const changed = (before: object = {}, after: object = {}) => {
    const earlier = new Map(Object.entries(before));
    return Object.entries(after).flatMap(([name, value]) =>
      earlier.has(name) && !isSameJson(earlier.get(name), value) ? [name] : [],
    );
  };
  return [
    ...changed(old.audiences, next.audiences).map((name) => `audience ${name} changes`),
    ...changed(old.required, next.required).map((name) => `required ${name} changes`),
  ];
}

/** Changes of the hash or of the variants, which move people who are enrolled already. */
function describeHash(before: Decision, after: Decision): string[] {
  const differs = (key: "seed" | "bucket" | "split" | "variants") =>
    !isSameJson(before[key], after[key]);
  return [
    ...(differs("seed") || differs("bucket") ? ["other people are inside the rollout"] : []),
    ...(differs("variants") || differs("split") ? ["people move between variants"] : []),
  ];
}
