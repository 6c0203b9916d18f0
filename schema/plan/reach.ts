/** Decisions in words, and what a changed decision means for people. */
import type { Decision } from "../flag/flag.ts";
import { type DecisionChange, isSameDecision } from "./difference.ts";

/** A decision in a few words: `on`, `off`, `10 %, 2 rules`, or `none` if there is no flag. */
export function describeDecision(decision: Decision | undefined): string {
  if (decision === undefined) return "none";
  const { enabled, rollout = 100, rules = [], variants = [], requires = [] } = decision;
  if (!enabled) return "off";
  return [
    rollout === 100 ? "on" : `${rollout} %`,
    ...(rules.length === 0 ? [] : [`${rules.length} ${rules.length === 1 ? "rule" : "rules"}`]),
    ...(variants.length === 0 ? [] : [`${variants.length} variants`]),
    ...(requires.length === 0 ? [] : [`requires ${requires.join(", ")}`]),
  ].join(", ");
}

/** What a change of an enabled flag means for people, each in a clause: `20 % more get it, nobody loses it`. */
export function describeReach({ before, after }: DecisionChange): string[] {
  if (!before?.enabled || !after?.enabled || isSameDecision(before, after)) return [];
  return [
    ...describeRollout(before, after),
    ...describeRules(before, after),
    ...describeHash(before, after),
    ...describeUses(before, after),
  ];
}

function describeRollout(before: Decision, after: Decision): string[] {
  const [was, is] = [before.rollout ?? 100, after.rollout ?? 100];
  if (was === is) return [];
  // A larger rollout contains the smaller one, as long as the same text is hashed.
  const isContained = before.seed === after.seed && before.bucket === after.bucket;
  const difference = Number(Math.abs(is - was).toFixed(3));
  if (!isContained) return [];
  return [is > was ? `${difference} % more get it, nobody loses it` : `${difference} % lose it`];
}

/** Rules by name: added, removed, changed, or in another order. */
function describeRules({ rules: old = [] }: Decision, { rules: young = [] }: Decision): string[] {
  const before = new Map(old.map((rule) => [rule.name, rule]));
  const after = new Map(young.map((rule) => [rule.name, rule]));
  const added = young.filter(({ name }) => !before.has(name));
  const removed = old.filter(({ name }) => !after.has(name));
  const changed = young.filter((rule) => {
    const earlier = before.get(rule.name);
    return earlier && JSON.stringify(earlier) !== JSON.stringify(rule);
  });
  const kept = (names: ReadonlyMap<string, unknown>, rules: readonly { name: string }[]) =>
    rules.filter(({ name }) => names.has(name)).map(({ name }) => name);
  const isMoved = kept(after, old).join("\0") !== kept(before, young).join("\0");
  return [
    ...added.map(({ name }) => `rule "${name}" is added`),
    ...removed.map(({ name }) => `rule "${name}" is removed`),
    ...changed.map(({ name }) => `rule "${name}" changes`),
    ...(isMoved ? ["rules are in another order"] : []),
  ];
}

/** What changes in other files. */
function describeUses({ uses: old = {} }: Decision, { uses: young = {} }: Decision): string[] {
  const changed = (before: object = {}, after: object = {}) => {
    const earlier = new Map(Object.entries(before));
    const both = Object.entries(after).filter(([name]) => earlier.has(name));
    return both
      .filter(([name, value]) => JSON.stringify(earlier.get(name)) !== JSON.stringify(value))
      .map(([name]) => name);
  };
  return [
    ...changed(old.audiences, young.audiences).map((name) => `audience ${name} changes`),
    ...changed(old.required, young.required).map((name) => `required ${name} changes`),
  ];
}

/** What moves people who are enrolled already. */
function describeHash(before: Decision, after: Decision): string[] {
  const differs = (key: "seed" | "bucket" | "split" | "variants") =>
    JSON.stringify(before[key]) !== JSON.stringify(after[key]);
  return [
    ...(differs("seed") || differs("bucket") ? ["other people are inside the rollout"] : []),
    ...(differs("variants") || differs("split") ? ["people move between variants"] : []),
  ];
}
