/**
 * What an evaluation needs: the flags of one environment in normal form. `definitions.json` is this
 * document. Keys that have their default value are left out, so a plain flag is `{"enabled":true}`.
 */
export interface Definitions {
  /** By name. */
  readonly flags: Readonly<Record<string, Definition>>;
  /** Conditions that rules refer to, by name. */
  readonly audiences?: Readonly<Record<string, readonly Condition[]>>;
}

/** How one flag is decided in one environment. */
export interface Definition {
  /** `false` overrides everything below. */
  readonly enabled: boolean;
  /** Percentage of callers, 0 to 100 with at most three decimals. Default: 100. */
  readonly rollout?: number;
  /** Attribute whose value is hashed. Default: `targetingKey`. */
  readonly bucket?: string;
  /** Text that is hashed with that value. Default: the flag's name. */
  readonly seed?: string;
  /** The first rule that matches decides. */
  readonly rules?: readonly Rule[];
  /** Names and values. The first one is for callers outside. Default: a boolean flag, `off` and `on`. */
  readonly variants?: readonly Variant[];
  /** Integer weights in the order of `variants`. Default: equal weights. */
  readonly split?: readonly number[];
  /** Boolean flags that must be on for the same caller. */
  readonly requires?: readonly string[];
}

/** An array of pairs, because a JSON object does not keep the order of names such as `10` and `2`. */
export type Variant = readonly [name: string, value: Value];

export type Value = boolean | string | number | { readonly [key: string]: unknown };

/**
 * A rule gives a percentage or a variant to callers that meet all its conditions. The file's
 * `enabled: true` is a rollout of 100 here, and `enabled: false` a rollout of 0.
 */
export type Rule = {
  readonly name: string;
  readonly if: readonly Condition[];
} & (
  | { readonly rollout: number; readonly variant?: never }
  | { readonly variant: string; readonly rollout?: never }
);

/**
 * An attribute compared with an operand, or an audience. The type of the operand is the type that
 * the attribute must have: `["country", "in", ["SE", "DK"]]`, `["age", "min", 18]`,
 * `["app_version", ">=", "4.2.0"]`, `["audience", "is", "staff"]`.
 */
export type Condition =
  | Comparison<"in" | "not", readonly Scalar[]>
  | Comparison<"starts_with" | "ends_with" | VersionOperator, string>
  | Comparison<"min" | "max", number>
  | readonly [kind: "audience", operator: "is", name: string];

/** One tuple type per operator, so that a test of the operator narrows the operand. */
type Comparison<Operator, Operand> = Operator extends string
  ? readonly [attribute: string, operator: Operator, operand: Operand]
  : never;

export type Scalar = string | number | boolean;

/** As in flagd, `^` means the same major version, and `~` the same major and minor version. */
export type VersionOperator = "<" | "<=" | ">" | ">=" | "=" | "^" | "~";

/** The default of `bucket`: OpenFeature's name for the caller's id. */
export const targetingKey = "targetingKey";
