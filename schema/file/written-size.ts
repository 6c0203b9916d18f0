/**
 * How many bytes the outputs need for what flags refer to. `flagd.json` has every audience written
 * out in each rule, and every required flag in each flag that requires it, so a few small files
 * could need gigabytes.
 */

/** A rule, in its written form or in its normal form. */
export interface MeasuredRule {
  /** Conditions by attribute, or as tuples. */
  readonly if: object;
}

/** The largest document that our providers read (`client/provider/source.ts`). */
export const maxReferenceBytes = 16_000_000;

/** Operators, type checks and the hash around the values, as flagd needs them. */
const overhead = { flag: 300, rule: 400, condition: 200 };

/** Of the conditions of a rule or of an audience. */
export function conditionBytes(conditions: object): number {
  return JSON.stringify(conditions).length + overhead.condition * Object.keys(conditions).length;
}

/** Of rules without their audiences. */
export function ruleBytes(rules: readonly MeasuredRule[]): number {
  return rules.reduce((sum, rule) => sum + overhead.rule + conditionBytes(rule.if), overhead.flag);
}

/** The audience of each rule that has one. */
export function audiencesIn(rules: readonly MeasuredRule[]): string[] {
  return rules.flatMap(({ if: conditions }) => {
    const name = Array.isArray(conditions)
      ? conditions.find(([, operator]) => operator === "is")?.[2]
      : "audience" in conditions && conditions.audience;
    return typeof name === "string" ? [name] : [];
  });
}
