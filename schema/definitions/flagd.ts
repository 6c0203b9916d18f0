import { type Condition, type Definition, targetingKey } from "../evaluate/definition.ts";
import { booleans } from "../evaluate/evaluate.ts";
import { maxRequired } from "../evaluate/limits.ts";
import { type DefinedFlag, type DefinedFlags, objectText, visibleFlags } from "./definitions.ts";
import { compileConditions } from "./flagd-conditions.ts";
import {
  all,
  attribute,
  differs,
  equals,
  ifThenElse,
  isText,
  type Logic,
  scalarOrNull,
} from "./logic.ts";

/**
 * The body of `flagd.json`: the same flags in flagd's format, for its strict schema and its hash of
 * version 2. There is no commit in the metadata of the set, because every commit would then report
 * every flag as changed.
 */
export function compileFlagd(defined: DefinedFlags): string {
  const visible = visibleFlags(defined, false);
  const published = {
    flags: new Map(visible.map(({ name, definition }) => [name, definition])),
    audiences: defined.audiences,
  };
  const flags = visible.map(
    (flag) => [flag.name, JSON.stringify(compileFlag(flag, published))] as const,
  );
  return objectText([
    ["$schema", JSON.stringify("https://flagd.dev/schema/v0/flags.json")],
    ["flags", objectText(flags)],
  ]);
}

/** In an expression, null is "outside": flagd then gives the default variant with reason DEFAULT. */
const outside = null;

/** What expressions can refer to, by name. */
interface Published {
  readonly flags: ReadonlyMap<string, Definition>;
  readonly audiences: ReadonlyMap<string, readonly Condition[]>;
}

/**
 * A flag without `targeting` if its answer is constant, because the schema refuses null. A disabled
 * flag stays ENABLED with its first variant, because DISABLED means the caller's own default.
 */
function compileFlag({ name, description, owner, definition }: DefinedFlag, published: Published) {
  const variants = definition.variants ?? booleans;
  const decision = compileDecision(name, definition, maxRequired, published);
  const isConstant = typeof decision === "string";
  const metadata = {
    ...(description !== undefined && { description }),
    ...(owner !== undefined && { owner }),
  };
  return {
    state: "ENABLED",
    variants: Object.fromEntries(variants),
    defaultVariant: isConstant ? decision : variants[0]?.[0],
    ...(!isConstant && decision !== outside && { targeting: decision }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
  };
}

/** The name of the variant, or null. */
function compileDecision(
  name: string,
  definition: Definition,
  levels: number,
  published: Published,
): Logic {
  const { enabled, rollout = 100, rules = [], requires = [] } = definition;
  if (!enabled) return outside;
  const required = all(...requires.map((other) => isOn(other, levels - 1, published)));
  const withRules = rules.reduceRight<Logic>(
    (otherwise, rule) =>
      ifThenElse(
        compileConditions(rule.if, published.audiences),
        rule.variant ?? compileRollout(name, definition, rule.rollout ?? 100),
        otherwise,
      ),
    compileRollout(name, definition, rollout),
  );
  return ifThenElse(required, withRules, outside);
}

/** The whole expression of a required flag, with its own seed. */
function isOn(name: string, levels: number, published: Published): Logic {
  const definition = published.flags.get(name);
  if (!definition || definition.variants || levels < 0) return false;
  const decision = compileDecision(name, definition, levels, published);
  if (decision === outside || typeof decision === "string") return decision === "on";
  return equals(decision, "on");
}

/** Rollouts have at most three decimals, and weights of flagd are integers. */
const buckets = 100_000;

/** Gives the feature to a percentage. Each of the two hashes needs a value, so one guard is for both. */
function compileRollout(name: string, definition: Definition, rollout: number): Logic {
  const { variants, split, seed = name, bucket = targetingKey } = definition;
  const weight = Math.round((rollout * buckets) / 100);
  if (weight <= 0) return outside;
  const value = attribute(bucket);
  const text = bucket === targetingKey ? value : booleanAsText(value);
  const sides = [["in", weight] as const, ["out", buckets - weight] as const];
  const share = weight < buckets ? equals(fraction(`${seed}:`, text, sides), "in") : true;
  if (!variants) return ifThenElse(share === true || all(...hasText(value), share), "on", outside);
  const arms = variants.map(([variant], at) => [variant, split?.[at] ?? 1] as const);
  return ifThenElse(
    all(...hasText(value), share),
    fraction(`${seed}:variant:`, text, arms),
    outside,
  );
}

/** Arms are texts, because an engine reads a null arm as the empty text. */
function fraction(
  prefix: string,
  value: Logic,
  arms: readonly (readonly [arm: string, weight: number])[],
): Logic {
  return { fractional: [{ cat: [prefix, value] }, ...arms] };
}

/** In flagd's engine in Go, a boolean in `cat` is an error. A targeting key is always text there. */
function booleanAsText(value: Logic): Logic {
  return ifThenElse(equals(value, true), "true", ifThenElse(equals(value, false), "false", value));
}

/** Whether there is something to hash: a text that is not empty, a number or a boolean. */
function hasText(value: Logic): Logic[] {
  return [
    differs(value, null),
    ifThenElse(isText(value), differs(value, ""), differs(scalarOrNull(value), null)),
  ];
}
