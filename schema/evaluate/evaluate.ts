import { type Compare, compare } from "./compare.ts";
import { type Context, textOf } from "./context.ts";
import type { Definitions, Value, Variant } from "./definition.ts";
import { fractionOf } from "./hash.ts";
import { maxRead, maxRequired } from "./limits.ts";
import { matches } from "./match.ts";

/** An answer in OpenFeature's terms. */
export interface Evaluation {
  /** Missing if there is an `errorCode`. */
  readonly value?: Value;
  /** A boolean flag has the variants `on` and `off`. Missing if there is an `errorCode`. */
  readonly variant?: string;
  readonly reason: Reason;
  /** Name of the rule that decided. */
  readonly rule?: string | undefined;
  /** `GENERAL`: the definitions cannot be read. */
  readonly errorCode?: "FLAG_NOT_FOUND" | "GENERAL";
}

/**
 * `STATIC`: the same for every caller. `TARGETING_MATCH`: a rule gives the feature. `SPLIT`: the
 * flag's percentage gives it. `DEFAULT`: the caller is outside and gets the first variant.
 * `ERROR`: see `errorCode`.
 */
export type Reason = "STATIC" | "DEFAULT" | "TARGETING_MATCH" | "SPLIT" | "ERROR";

/** The variants of a flag that declares none. */
export const booleans: readonly [Variant, Variant] = [
  ["off", false],
  ["on", true],
];

/**
 * Evaluates a flag for a caller. Never throws, for any definitions and context.
 *
 * @example
 * evaluate({ flags: { new_checkout: { enabled: true } } }, "new_checkout", { targetingKey: "u1" })
 * // { value: true, variant: "on", reason: "STATIC" }
 */
export function evaluate(definitions: Definitions, name: string, context?: Context): Evaluation {
  try {
    // A name may be `constructor`.
    const isOwn = Object.hasOwn(definitions.flags, name);
    const evaluation = isOwn ? decide(compare, definitions, name, context) : undefined;
    return evaluation ?? { reason: "ERROR", errorCode: "FLAG_NOT_FOUND" };
  } catch {
    return { reason: "ERROR", errorCode: "GENERAL" };
  }
}

/**
 * As `evaluate()`. `undefined` if there is no such flag. Throws if its definition cannot be evaluated.
 *
 * @param left How many definitions may still be read, for the flag and all that it requires together.
 * @param levels How many levels of required flags may follow.
 */
export function decide(
  compare: Compare,
  definitions: Definitions,
  name: string,
  context: Context,
  left = [maxRead] as [number],
  levels = maxRequired,
): Evaluation | undefined {
  // In a cycle, or at the end of a chain that is too long, a required flag counts as missing.
  // What `constructor` names is not enabled, so it counts as missing, too.
  const definition = left[0]-- > 0 && levels >= 0 && definitions.flags[name];
  if (!definition) return undefined;
  const { requires = [], rules = [], rollout = 100, variants, seed = name } = definition;
  const [outside, on] = (variants ?? booleans) as readonly [Variant, Variant];
  if (!definition.enabled) return answer(outside, "STATIC");

  let reason: Reason = rules[0] || rollout < 100 || variants ? "SPLIT" : "STATIC";
  for (const required of requires) {
    const other = decide(compare, definitions, required, context, left, levels - 1);
    if (other?.value !== true) return answer(outside, "DEFAULT");
    if (reason === "STATIC") reason = other.reason;
  }

  const rule = rules.find((rule) => matches(rule.if, context, compare, definitions.audiences));
  if (rule) reason = "TARGETING_MATCH";
  const share = rule?.rollout ?? rollout;
  const id = textOf(context, definition.bucket);
  const isInside = share >= 100 || (id && fractionOf(`${seed}:${id}`) * 100 < share);
  const variant = rule?.variant
    ? variants?.find(([other]) => other === rule.variant)
    : isInside && (variants ? id && pick(variants, definition.split, `${seed}:variant:${id}`) : on);
  return answer(variant || outside, variant ? reason : "DEFAULT", rule?.name);
}

/** The variant in whose share of the weights a text lies. */
function pick(
  variants: readonly Variant[],
  weights: readonly number[] = variants.map(() => 1),
  text: string,
): Variant | undefined {
  let left = fractionOf(text) * weights.reduce((sum, weight) => sum + weight);
  return variants.find((_, at) => {
    left -= weights[at] as number;
    return left < 0;
  });
}

/** Throws if there is no variant at all. */
export function answer([variant, value]: Variant, reason: Reason, rule?: string): Evaluation {
  return { value, variant, reason, rule };
}
