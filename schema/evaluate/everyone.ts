import type { Definition } from "./definition.ts";

/**
 * Whether a definition by itself gives the feature to everyone: enabled, with a rollout of 100, and
 * no rule that gives less. A rule with a variant counts as full. Required flags are the caller's
 * concern: `isFull()` in `schema/flag/flag.ts` has the boolean of the specification.
 */
export function givesEveryone({ enabled, rollout = 100, rules = [] }: Definition): boolean {
  if (!enabled || rollout < 100) return false;
  return rules.every((rule) => "variant" in rule || rule.rollout >= 100);
}
