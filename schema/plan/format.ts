/** A plan in words, for a terminal and for a pull request. */
import { escapeInvisible } from "../problem/problem.ts";
import { pluralize, shortId } from "../text/show.ts";
import { describeAudience, describeAudiences } from "./audiences.ts";
import { describeDecision, describeEffects, describeRename } from "./describe-decision.ts";
import { isSameDecision } from "./difference.ts";
import {
  findPlannedRemovals,
  findPlanViolations,
  howToAllow,
  howToAllowRemoval,
} from "./limits.ts";
import { type FlagPlan, type Plan, type ProtectionPlan, toggled } from "./plan.ts";
import type { SettingPlan } from "./settings.ts";
import { describeSteps, isSameSchedule } from "./steps.ts";

/** The plan as text: the changes in each environment, then the URLs that change. */
export function formatPlan(plan: Plan): string {
  const lines = [`Plan ${shortId(plan.base)} → ${shortId(plan.head)}: ${summarize(plan)}`];
  for (const environment of plan.environments) {
    const changes = plan.flags.flatMap((flag) => describe(flag, environment));
    if (changes.length > 0) lines.push("", environment, ...changes.map((change) => `  ${change}`));
  }
  const others = plan.flags.flatMap(describeFields);
  if (others.length > 0) lines.push("", "in all environments", ...others.map((one) => `  ${one}`));
  const audiences = plan.audiences.map(describeAudience);
  if (audiences.length > 0) lines.push("", "audiences", ...audiences.map((one) => `  ${one}`));
  const changes = [...plan.settings.map(describeSetting), ...plan.protection.map(inSentence)];
  if (changes.length > 0) lines.push("", "project", ...changes.map((change) => `  ~ ${change}`));
  if (plan.responses.length > 0) {
    const urls = plan.responses.map(({ change, path }) => `  ${signs[change]} ${path}`);
    lines.push("", `${pluralize(plan.responses.length, "URL")} with other bytes`, ...urls);
  }
  for (const { reason } of findPlanViolations(plan)) lines.push("", `Limit: ${reason}`, howToAllow);
  for (const reason of findPlannedRemovals(plan))
    lines.push("", `Limit: ${reason}`, howToAllowRemoval);
  return `${lines.join("\n")}\n`;
}

/** The plan as Markdown: a table of flags and environments, then the URLs in a collapsed block. */
export function formatPlanMarkdown(plan: Plan): string {
  const { environments } = plan;
  const lines = [`**${summarize(plan)}** (\`${shortId(plan.base)}\` → \`${shortId(plan.head)}\`)`];
  if (plan.flags.length > 0) {
    lines.push("", `| flag | ${environments.join(" | ")} | also |`);
    lines.push(`|---|${environments.map(() => "---|").join("")}---|`);
    for (const flag of plan.flags) {
      const states = environments.map((environment) => inWords(flag, environment));
      const name = flag.change === "changed" ? "" : ` (${flag.change})`;
      lines.push(`| \`${flag.name}\`${name} | ${states.join(" | ")} | ${flag.fields.join(", ")} |`);
    }
  }
  const changes = [...describeAudiences(plan), ...describeProject(plan)];
  if (changes.length > 0) lines.push("", ...changes.map((change) => `- ${change}`));
  const warnings = plan.commitWarnings.map(({ message, hint }) => `${message}: ${hint}`);
  if (warnings.length > 0)
    lines.push("", ...warnings.map((warning) => `- ${escapeMarkdown(warning)}`));
  if (plan.responses.length > 0) {
    const urls = plan.responses.map(({ change, path }) => `- \`${path}\` ${change}`);
    const summary = `${pluralize(plan.responses.length, "URL")} with other bytes`;
    lines.push("", `<details><summary>${summary}</summary>`, "", ...urls, "", "</details>");
  }
  return `${lines.join("\n")}\n`;
}

/** The plan in one sentence: `1 flag turns on in application, 2 flags change`. */
export function summarize(plan: Plan): string {
  const parts = plan.environments.flatMap((environment) =>
    (["on", "off"] as const).flatMap((way) => {
      const turned = plan.flags.filter((flag) => toggled(flag, environment) === way).length;
      return turned === 0
        ? []
        : [`${pluralize(turned, "flag turns", "flags turn")} ${way} in ${environment}`];
    }),
  );
  for (const environment of plan.environments) {
    const changed = plan.flags.filter((flag) => changesReach(flag, environment)).length;
    if (changed > 0)
      parts.push(
        `${pluralize(changed, "flag changes", "flags change")} who gets it in ${environment}`,
      );
  }
  for (const environment of plan.environments) {
    const changed = plan.flags.filter(
      (flag) => flag.change === "changed" && changesSchedule(flag, environment),
    ).length;
    if (changed > 0)
      parts.push(
        `${pluralize(changed, "flag changes its", "flags change their")} schedule in ${environment}`,
      );
  }
  for (const change of ["added", "removed"] as const) {
    const flags = plan.flags.filter((flag) => flag.change === change).length;
    if (flags > 0) parts.push(`${pluralize(flags, "flag is", "flags are")} ${change}`);
  }
  for (const { environment, change } of plan.protection) {
    parts.push(`${environment} is ${change === "protected" ? "" : "not "}protected from now on`);
  }
  const audiences = plan.audiences.length;
  if (audiences > 0) parts.push(pluralize(audiences, "audience changes", "audiences change"));
  const settings = plan.settings.length;
  if (settings > 0) parts.push(pluralize(settings, "setting changes", "settings change"));
  if (parts.length > 0) return parts.join(", ");
  return plan.flags.length === 0 && plan.responses.length === 0
    ? "nothing changes for consumers"
    : "no flag turns on or off";
}

/** Whether other people get a flag, although its boolean stays as it is. */
function changesReach(flag: FlagPlan, environment: string): boolean {
  const { before, after } = flag.decisions[environment] ?? {};
  const isThere = before !== undefined && after !== undefined;
  return isThere && !isSameDecision(before, after) && toggled(flag, environment) === "same";
}

const signs = { added: "+", removed: "-", changed: "~" } as const;

function describe(flag: FlagPlan, environment: string): string[] {
  const { before, after } = flag.decisions[environment] ?? {};
  const [was, is] = [before, after].map(describeDecision);
  const steps = describeSteps(flag.schedules[environment]);
  const withSteps = (text: string) => [[text, ...steps].join("; ")];
  // The environment is in one of the two projects only.
  if (flag.change === "added" && after === undefined) return [];
  if (flag.change === "removed" && before === undefined) return [];
  if (flag.change === "added") {
    const renamed = describeRename(flag, environment);
    return withSteps(`+ ${flag.name}: ${is}${renamed === "" ? "" : `: ${renamed}`}`);
  }
  if (flag.change === "removed") return [`- ${flag.name}: was ${was}`];
  if (isSameDecision(before, after))
    return changesSchedule(flag, environment) ? withSteps(`~ ${flag.name}: ${is}`) : [];
  const effects = describeEffects(flag.decisions[environment] ?? {});
  const clauses = effects.length === 0 ? "" : `: ${effects.join(", ")}`;
  return withSteps(`~ ${flag.name}: ${was} → ${is}${clauses}`);
}

/** Whether the pending steps of an environment differ. */
function changesSchedule({ schedules }: FlagPlan, environment: string): boolean {
  const change = schedules[environment];
  return change !== undefined && !isSameSchedule(change);
}

/** One line of Markdown for each change in `bunting.yaml`. */
export function describeProject({ settings, protection }: Plan): string[] {
  const lines = [
    ...settings.map(({ setting, before, after }) => `${setting}: ${code(before)} → ${code(after)}`),
    ...protection.map(inSentence),
  ];
  return lines.map((line) => `project: ${line}`);
}

/** A clause that may name a rule, in a cell of a table: characters of Markdown and HTML become spaces. */
export function escapeMarkdown(text: string): string {
  return escapeInvisible(text).replace(/[`*_|<>[\]\\@#!~&\n]/g, " ");
}

/** Text that others wrote, as code on one line, in which Markdown means nothing. */
function code(text: string): string {
  return `\`${escapeInvisible(text).replaceAll("`", "'").slice(0, 500)}\``;
}

function describeSetting({ setting, before, after }: SettingPlan): string {
  return `${setting}: ${before} → ${after}`;
}

function inSentence({ environment, change }: ProtectionPlan): string {
  if (change === "protected")
    return `${environment} is protected: changes through the API become pull requests`;
  return `${environment} is not protected any more: changes through the API are committed without a review`;
}

function describeFields({ name, fields }: FlagPlan): string[] {
  return fields.length === 0 ? [] : [`~ ${name}: ${fields.join(", ")}`];
}

/** `on`, or `off → on` in bold. */
export function inWords({ decisions, schedules }: FlagPlan, environment: string): string {
  const { before, after } = decisions[environment] ?? {};
  const steps = describeSteps(schedules[environment]);
  if (isSameDecision(before, after)) return [describeDecision(after), ...steps].join("<br>");
  const effects = describeEffects(decisions[environment] ?? {}).map(escapeMarkdown);
  const change = `**${describeDecision(before)} → ${describeDecision(after)}**`;
  return [change, ...effects, ...steps].join("<br>");
}
