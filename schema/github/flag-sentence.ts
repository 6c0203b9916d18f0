/** One changed flag in a sentence. */
import { isFull } from "../flag/flag.ts";
import { isSameDecision, toggled } from "../plan/difference.ts";
import type { FlagPlan } from "../plan/plan.ts";
import { describeSteps, isSameSchedule } from "../plan/steps.ts";
import { describeDecision, describeEffects } from "../plan-text/describe-decision.ts";
import { escapeMarkdown } from "../plan-text/format.ts";
import { joined } from "../text/show.ts";

/** What happens to a flag that is alone in a plan, in Markdown. */
export function describeFlag(flag: FlagPlan, environments: readonly string[]): string {
  const moves = (["on", "off"] as const).flatMap((way) => {
    const where = environments.filter((environment) => turns(flag, environment) === way);
    return where.length === 0 ? [] : [`${way} in ${joined(where)}`];
  });
  // Where other people get the flag, although it is not on for everyone, before and after.
  const others = environments.flatMap((environment) => {
    const change = flag.decisions[environment] ?? {};
    const { before, after } = change;
    if (!after || turns(flag, environment) !== undefined) return [];
    if (!before) return [`${environment}: ${describeDecision(after)}`];
    if (isSameDecision(before, after)) return [];
    const effects = describeEffects(change).map(escapeMarkdown).join(", ");
    const words = `${environment}: ${describeDecision(before)} → ${describeDecision(after)}`;
    return [`${words}${effects === "" ? "" : ` (${effects})`}`];
  });
  if (flag.change === "removed") return `\`${flag.name}\` is removed`;
  if (flag.change === "added") {
    const way = moves.length > 0 ? `, ${joined(moves)}` : "";
    return [`\`${flag.name}\` is added${way}`, ...others].join("; ");
  }
  if (moves.length > 0) return [`\`${flag.name}\` turns ${joined(moves)}`, ...others].join("; ");
  if (others.length > 0) return `\`${flag.name}\`: ${others.join("; ")}`;
  const steps = environments.flatMap((environment) => {
    const change = flag.schedules[environment];
    if (!change || isSameSchedule(change)) return [];
    return [`${environment}: ${describeSteps(change).join(", ")}`];
  });
  if (steps.length > 0) return `the schedule of \`${flag.name}\` changes: ${steps.join("; ")}`;
  const seen = flag.fields.filter((field) => field !== "updated_at");
  return `\`${flag.name}\` stays as it is; ${joined(seen.length > 0 ? seen : flag.fields)} changes`;
}

/** Whether a flag becomes on for everyone, or off for everyone, in an environment. */
function turns(flag: FlagPlan, environment: string): "on" | "off" | undefined {
  const { before, after } = flag.decisions[environment] ?? {};
  if (!after || (before && toggled(flag, environment) === "same")) return undefined;
  if (isFull(after)) return "on";
  return after.enabled ? undefined : "off";
}
