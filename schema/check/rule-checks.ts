/** Checks of how a flag is decided: rollout, rules, variants and split. */
import type { DecisionFile, FlagFile, RuleFile } from "../flag/flag.ts";
import type { Finding } from "../problem/problem.ts";
import type { Project } from "../project/project.ts";
import { isMapping } from "../text/json.ts";
import { quoteValue } from "../text/show.ts";
import { escapePointer } from "../yaml/parse.ts";
import type { YamlSource } from "../yaml/source.ts";
import { checkMatchers } from "./matcher-checks.ts";
import { findingsOf, type Report } from "./report.ts";
import { checkLateSteps, checkOutcome, checkRollout, checkSchedule } from "./schedule-checks.ts";

/** What is wrong with the decisions of a flag that has the right shape. */
export function checkDecisions(flag: FlagFile, source: YamlSource, project: Project): Finding[] {
  return findingsOf(source, (report) => {
    checkVariants(flag, report);
    checkSplit(flag, report);
    checkBucket(flag, project, report);
    for (const [pointer, block] of blocksOf(flag)) {
      checkRollout(pointer, block.rollout, report);
      checkKillSwitch(pointer, flag, block, report);
      checkRules(pointer, flag, block.rules ?? [], report);
      checkSchedule(pointer, flag, block, report);
      for (const [index, rule] of (block.rules ?? []).entries()) {
        checkMatchers(`${pointer}/rules/${index}/if`, rule.if, project, report);
      }
    }
  });
}

/** Steps in the past, of a flag without other problems in its decisions. */
export function checkTimes(flag: FlagFile, source: YamlSource): Finding[] {
  return findingsOf(source, (report) => {
    for (const [pointer, block] of blocksOf(flag)) checkLateSteps(pointer, block, report);
  });
}

/** The decisions of a flag by JSON pointer: its own, then those of environments. */
export function blocksOf(flag: FlagFile): [pointer: string, block: DecisionFile][] {
  const blocks: [string, DecisionFile][] = [["", flag]];
  for (const [name, block] of Object.entries(flag.environments ?? {}))
    blocks.push([`/environments/${escapePointer(name)}`, block]);
  return blocks;
}

/** A kill switch has no percentages and rules: in an emergency it must be a plain switch. */
function checkKillSwitch(
  pointer: string,
  { type }: FlagFile,
  { rollout, rules }: DecisionFile,
  report: Report,
): void {
  if (type !== "kill_switch") return;
  for (const [key, value] of Object.entries({ rollout, rules })) {
    if (value === undefined) continue;
    const message = `Cannot use "${key}" in a kill switch: it is on or off for everyone`;
    const hint = `delete "${key}", or choose another type`;
    report(`${pointer}/${key}`, "kill-switch-with-rules", message, hint);
  }
}

function checkRules(
  pointer: string,
  flag: FlagFile,
  rules: readonly RuleFile[],
  report: Report,
): void {
  const names = new Set<string>();
  const seen = new Map<string, string>();
  for (const [index, rule] of rules.entries()) {
    const rulePointer = `${pointer}/rules/${index}`;
    checkRollout(rulePointer, rule.rollout, report);
    const hint = 'say what those who match get, like "enabled: true"';
    checkOutcome(rulePointer, "rule", rule, ["enabled", "rollout", "variant"], hint, report);
    checkVariant(rulePointer, flag, rule, report);
    if (names.has(rule.name)) {
      const message = `Cannot use the name ${quoteValue(rule.name)} for two rules`;
      report(`${rulePointer}/name`, "duplicate-rule", message, "name what this rule is for");
    }
    names.add(rule.name);
    if (/[\t\n]/.test(rule.name)) {
      const message = "Cannot use a name of several lines: plans and evaluations show it in a line";
      report(`${rulePointer}/name`, "control-character", message, "write it in one line");
    }
    if (Object.keys(rule.if).length === 0) {
      const message = `Cannot use a rule without conditions: it decides for everyone`;
      const hint = `name an attribute in "if", or use "rollout" and "enabled" of the flag`;
      report(`${rulePointer}/if`, "empty-condition", message, hint);
      continue;
    }
    const conditions = JSON.stringify(Object.entries(rule.if).sort());
    const earlier = seen.get(conditions);
    if (earlier !== undefined) {
      const message = `Cannot match this rule: ${quoteValue(earlier)} has the same conditions and comes first`;
      report(`${rulePointer}/if`, "unreachable-rule", message, "delete one of the two rules");
    }
    seen.set(conditions, earlier ?? rule.name);
  }
}

/** The variant of a rule exists. */
function checkVariant(pointer: string, flag: FlagFile, rule: RuleFile, report: Report): void {
  if (rule.variant === undefined || (flag.variants && Object.hasOwn(flag.variants, rule.variant)))
    return;
  const known = Object.keys(flag.variants ?? {}).join(", ") || "none";
  const message = `Cannot find the variant ${quoteValue(rule.variant)}`;
  report(`${pointer}/variant`, "unknown-variant", message, `known here: ${known}`);
}

const variantName = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;

/** Variants are a choice between values of one type. */
function checkVariants({ variants }: FlagFile, report: Report): void {
  if (!variants) return;
  const entries = Object.entries(variants);
  const variantsPointer = "/variants";
  if (entries.length < 2) {
    const message = `Cannot use ${entries.length} variants: a choice needs two or more`;
    const hint = "add a variant, or delete the key for a boolean flag";
    report(variantsPointer, "invalid-variants", message, hint);
  }
  const [[, first] = []] = entries;
  for (const [name, value] of entries) {
    const pointer = `${variantsPointer}/${escapePointer(name)}`;
    if (!variantName.test(name)) {
      const message = `Cannot use ${quoteValue(name)} as a variant's name: it must begin with a letter and have ASCII letters, digits, "_" and "-"`;
      report(pointer, "invalid-variants", message);
    }
    if (kindOf(value) !== "other" && kindOf(value) === kindOf(first)) continue;
    const message = `Cannot use ${quoteValue(value)} as a variant: all must be text, all numbers or all mappings`;
    report(pointer, "invalid-variants", message);
  }
}

function kindOf(value: unknown): string {
  if (typeof value === "string" || typeof value === "number") return typeof value;
  return isMapping(value) ? "mapping" : "other";
}

/** Every variant has a weight, and one of them is not 0. */
function checkSplit({ variants, split }: FlagFile, report: Report): void {
  if (!split) return;
  const names = Object.keys(variants ?? {});
  const missing = names.filter((name) => !Object.hasOwn(split, name));
  const unknown = Object.keys(split).filter((name) => !names.includes(name));
  for (const name of missing) {
    const message = `Cannot divide callers: ${quoteValue(name)} has no weight`;
    report("/split", "invalid-split", message, `add "${name}: 0" if nobody gets it`);
  }
  for (const name of unknown) {
    const message = `Cannot divide callers: there is no variant ${quoteValue(name)}`;
    report(`/split/${escapePointer(name)}`, "invalid-split", message);
  }
  if (Object.values(split).reduce((sum, weight) => sum + weight, 0) === 0) {
    report("/split", "invalid-split", "Cannot divide callers: all weights are 0");
  }
}

/** Callers are divided by their id or by a declared attribute. */
function checkBucket({ bucket }: FlagFile, { attributes }: Project, report: Report): void {
  if (bucket === undefined || bucket === "targetingKey" || Object.hasOwn(attributes, bucket))
    return;
  const message = `Cannot find the attribute ${quoteValue(bucket)}`;
  const known = ["targetingKey", ...Object.keys(attributes)].join(", ");
  report("/bucket", "unknown-value", message, `known here: ${known}`);
}
