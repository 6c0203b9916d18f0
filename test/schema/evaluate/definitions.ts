/** Definitions and contexts for property-based tests: valid definitions, and any context that a caller can send. */
import fc from "fast-check";
import type {
  Condition,
  Definition,
  Rule,
  Scalar,
  Variant,
} from "../../../schema/evaluate/definition.ts";

/** Flags `f0` to `f7`, which may require earlier boolean flags, and three audiences. */
export interface Generated {
  readonly flags: ReadonlyMap<string, Definition>;
  readonly audiences: ReadonlyMap<string, readonly Condition[]>;
}

/** The attributes for `bucket`. Not `country`, because it may have text that is not ASCII. */
const buckets = ["plan", "age", "app_version", "beta", "targetingKey", "constructor"];
const attributes = ["country", ...buckets];
const audienceNames = ["staff", "nordic", "testers"];
const texts = ["SE", "DK", "NO", "S", "", "pro", "true", "18", "4.2.0", "é", "constructor"];
const numbers = [0, 1, 18, 17.5, -3, 42, 1e21];
const versions = ["0.0.0", "1.0.0", "4.2.0", "4.2.10", "4.10.0", "5.0.0-rc.1", "5.0.0-rc.1.1"];

/** Definitions that pass validation. */
export function definitions(): fc.Arbitrary<Generated> {
  return fc
    .tuple(
      fc.array(flag(), { minLength: 1, maxLength: 8 }),
      fc.array(comparisons(), sizes(audienceNames.length)),
    )
    .map(([drafts, lists]) => {
      const flags = new Map<string, Definition>();
      for (const [at, { wanted, ...definition }] of drafts.entries()) {
        const requires = wanted
          .filter((other) => other < at && !drafts[other]?.variants)
          .map((other) => `f${other}`);
        const isDeep = requires.some((other) => depthOf(flags, other) >= 5);
        flags.set(`f${at}`, isDeep ? definition : { ...definition, requires });
      }
      const audiences = audienceNames.map((name, at) => [name, lists[at] ?? []] as const);
      return { flags, audiences: new Map(audiences) };
    });
}

function depthOf(flags: ReadonlyMap<string, Definition>, name: string): number {
  const { requires = [] } = flags.get(name) ?? {};
  return Math.max(0, ...requires.map((other) => 1 + depthOf(flags, other)));
}

function flag(): fc.Arbitrary<Definition & { readonly wanted: readonly number[] }> {
  return variants().chain((list) => {
    const weights = fc.array(fc.nat({ max: 5_000 }), sizes(list?.length ?? 2));
    return fc
      .record(
        {
          enabled: fc.oneof({ weight: 6, arbitrary: fc.constant(true) }, fc.constant(false)),
          rollout: rollout(),
          bucket: fc.constantFrom(...buckets),
          seed: fc.constantFrom("seed", "f1", "a b", "x:variant"),
          rules: fc.array(rule(list), { maxLength: 4 }),
          split: weights.filter((all) => all.some((weight) => weight > 0)),
          wanted: fc.uniqueArray(fc.nat({ max: 6 }), { maxLength: 2 }),
        },
        { requiredKeys: ["enabled", "wanted"], noNullPrototype: true },
      )
      .map(({ split, ...rest }) => {
        if (!list) return rest;
        return split ? { ...rest, variants: list, split } : { ...rest, variants: list };
      });
  });
}

function sizes(length: number) {
  return { minLength: length, maxLength: length };
}

function variants(): fc.Arbitrary<readonly Variant[] | undefined> {
  const names = fc.uniqueArray(fc.constantFrom("green", "orange", "10", "2", "off", "in"), {
    minLength: 2,
    maxLength: 4,
  });
  const values = fc.constantFrom<(at: number) => Variant[1]>(
    (at) => `value ${at}`,
    (at) => at / 2,
    (at) => ({ size: at, list: [at] }),
  );
  const list = fc
    .tuple(names, values)
    .map(([all, value]) => all.map((n, at) => [n, value(at)] as const));
  return fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 2, arbitrary: list });
}

/** Percentages with at most three decimals, half of them boundaries. */
function rollout(): fc.Arbitrary<number> {
  return fc.oneof(
    fc.constantFrom(0, 100, 50, 1, 0.001, 99.999, 33.333, 1.001),
    fc.nat({ max: 100_000 }).map((thousandths) => thousandths / 1_000),
  );
}

function rule(list: readonly Variant[] | undefined): fc.Arbitrary<Rule> {
  const outcomes: fc.Arbitrary<{ rollout: number } | { variant: string }>[] = [
    fc.record({ rollout: rollout() }),
  ];
  if (list) outcomes.push(fc.constantFrom(...list.map(([variant]) => ({ variant }))));
  return fc
    .tuple(conditions(), fc.oneof(...outcomes), fc.nat())
    .map(([all, outcome, number]) => ({ name: `rule ${number}`, if: all, ...outcome }));
}

function conditions(): fc.Arbitrary<readonly Condition[]> {
  const audience: fc.Arbitrary<Condition> = fc
    .constantFrom(...audienceNames)
    .map((name) => ["audience", "is", name] as const);
  const either = fc.oneof(
    { weight: 5, arbitrary: comparison() },
    { weight: 1, arbitrary: audience },
  );
  return fc.array(either, { minLength: 1, maxLength: 3 });
}

function comparisons(): fc.Arbitrary<readonly Condition[]> {
  return fc.array(comparison(), { minLength: 1, maxLength: 3 });
}

function comparison(): fc.Arbitrary<Condition> {
  const name = fc.constantFrom(...attributes);
  const list: fc.Arbitrary<readonly Scalar[]> = fc.oneof(
    subset(texts),
    subset(numbers),
    subset([true, false]),
  );
  return fc.oneof<fc.Arbitrary<unknown>[]>(
    fc.tuple(name, fc.constantFrom("in", "not"), list),
    fc.tuple(name, fc.constantFrom("starts_with", "ends_with"), fc.constantFrom(...texts)),
    fc.tuple(name, fc.constantFrom("min", "max"), fc.constantFrom(...numbers)),
    fc.tuple(
      fc.constantFrom("app_version", "plan"),
      fc.constantFrom("<", "<=", ">", ">=", "=", "^", "~"),
      fc.constantFrom(...versions),
    ),
  ) as fc.Arbitrary<Condition>;
}

function subset<T>(values: readonly T[]): fc.Arbitrary<readonly T[]> {
  return fc.subarray([...values], { minLength: 1 });
}

/**
 * Contexts with all values of JSON and JavaScript, except those that only flagd-core reads in another
 * way (see `flagd-core.test.ts`): ids that are not ASCII, NaN, and texts that are no SemVer but that
 * npm's semver accepts.
 */
export function context(): fc.Arbitrary<Record<string, unknown>> {
  const model = {
    country: fc.oneof(value(), fc.constantFrom(...texts)),
    plan: value(),
    age: value(),
    app_version: fc.oneof(version(), value()),
    beta: value(),
    targetingKey: fc.oneof(id(), value()),
    constructor: value(),
    $flagd: value(),
  };
  return fc.record(model, { requiredKeys: [], noNullPrototype: true });
}

function id(): fc.Arbitrary<string> {
  return fc.oneof(
    fc.nat({ max: 1_000_000 }).map((number) => `user-${number}`),
    fc.uuid(),
    fc.string({ unit: "binary-ascii", maxLength: 40 }),
  );
}

function version(): fc.Arbitrary<string> {
  const number = fc.nat({ max: 12 });
  return fc
    .tuple(
      fc.constantFrom("", "", "v", "V"),
      fc.array(number, { minLength: 1, maxLength: 4 }).map((all) => all.join(".")),
      fc.constantFrom("", "", "-rc.1", "-rc.1.1", "-rc.01", "-1", "-a-01", "-", "-rc..1", "-_"),
      fc.constantFrom("", "", "+build.01", "+", "+a..b", "+a+b"),
    )
    .map((parts) => parts.join(""));
}

function value(): fc.Arbitrary<unknown> {
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...texts.filter((text) => text !== "é")) },
    { weight: 3, arbitrary: fc.constantFrom(...numbers, 19, -0, 1e-7, 2 ** 53) },
    { weight: 2, arbitrary: fc.boolean() },
    { weight: 1, arbitrary: fc.constantFrom(null, undefined) },
    { weight: 1, arbitrary: id() },
    {
      weight: 1,
      arbitrary: fc.constantFrom<unknown>([], {}, ["SE"], [18], [[18]], [true], [null], { a: 1 }),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom<unknown>(new Date(0), () => "SE", { toString: "x" }, 10n),
    },
  );
}
