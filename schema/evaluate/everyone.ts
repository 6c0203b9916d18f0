import type { Definitions } from "./definition.ts";
import { find, maxRequired } from "./evaluate.ts";

/**
 * Whether a flag is on for everyone: enabled, with a rollout of 100, no rule that gives less, and
 * the same for every required flag. This is the boolean of the specification. A rule with a variant
 * counts as full.
 */
export function isOnForEveryone(
  definitions: Definitions,
  name: string,
  levels: number = maxRequired,
): boolean {
  const definition = find(definitions, name);
  if (!definition?.enabled || (definition.rollout ?? 100) < 100) return false;
  const { rules = [], requires = [] } = definition;
  return (
    rules.every((rule) => "variant" in rule || rule.rollout >= 100) &&
    requires.every((required) => levels > 0 && isOnForEveryone(definitions, required, levels - 1))
  );
}
