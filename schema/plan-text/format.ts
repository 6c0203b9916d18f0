/** A plan in words, for a terminal and for a pull request. */
import { describeAudience, describeAudiences } from "../plan/audiences.ts";
import { isSameDecision, signs, toggled } from "../plan/difference.ts";
import { explainLimits } from "../plan/limits.ts";
import type { FlagPlan, Plan, ProtectionPlan } from "../plan/plan.ts";
import { describeSteps, isSameSchedule } from "../plan/steps.ts";
import { escapeInvisible } from "../problem/problem.ts";
import { pluralize, shortId } from "../text/show.ts";
import { describeDecision, describeEffects, describeRename } from "./describe-decision.ts";

/** The plan as text: the changes in each environment, then the URLs that change. */
export function formatPlan(plan: Plan): string {
  const lines = [`Plan ${shortId(plan.base)} → ${shortId(plan.head)}: ${summarize(plan)}`];
  const section = (title: string, items: readonly string[]) => {
    if (items.length > 0) lines.push("", title, ...items.map((item) => `  ${item}`));
  };
  for (const environment of plan.environments) {
    const changes = plan.flags.flatMap((flag) => describeFlag(flag, environment));
    section(environment, changes);
  }
  const others = plan.flags.filter(({ fields }) => fields.length > 0);
  const lists = others.map(({ name, fields }) => `~ ${name}: ${fields.join(", ")}`);
  section("in all environments", lists);
  section("audiences", plan.audiences.map(describeAudience));
  const settings = plan.settings.map((one) => `${one.setting}: ${one.before} → ${one.after}`);
  const changes = [...settings, ...plan.protection.map(inSentence)];
  section(
    "project",
    changes.map((change) => `~ ${change}`),
  );
  const urls = plan.responses.map(({ change, path }) => `${signs[change]} ${path}`);
  section(`${pluralize(urls.length, "URL")} with other bytes`, urls);
  for (const { reason, hint } of explainLimits(plan)) lines.push("", `Limit: ${reason}`, hint);
  return `${lines.join("\n")}\n`;
}

/** The plan as Markdown: a table of flags and environments, then the URLs in a collapsed block. */
export function formatPlanMarkdown(plan: Plan): string {
  const lines = [`**${summarize(plan)}** (\`${shortId(plan.base)}\` → \`${shortId(plan.head)}\`)`];
  const { head, rows } = flagTable(plan, (flag) => flag.fields);
  if (rows.length > 0) lines.push("", ...head, ...rows);
  const changes = [...describeAudiences(plan.audiences), ...describeProject(plan)];
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

/** The flags of a plan and their environments as the lines of a table; the last column has `fields`. */
export function flagTable(
  { flags, environments }: Plan,
  fieldsOf: (flag: FlagPlan) => readonly string[],
): { readonly head: string[]; readonly rows: string[] } {
  const rows = flags.map((flag) => {
    const states = environments.map((environment) => inWords(flag, environment));
    const change = flag.change === "changed" ? "" : ` (${flag.change})`;
    return `| \`${flag.name}\`${change} | ${states.join(" | ")} | ${fieldsOf(flag).join(", ")} |`;
  });
  const titles = `| flag | ${environments.join(" | ")} | also |`;
  return { head: [titles, `|---|${environments.map(() => "---|").join("")}---|`], rows };
}

/** The plan in one sentence: `1 flag turns on in application, 2 flags change`. */
export function summarize(plan: Plan): string {
  const parts: string[] = [];
  const count = (one: string, many: string, rest: string, matches: (flag: FlagPlan) => boolean) => {
    const number = plan.flags.filter(matches).length;
    if (number > 0) parts.push(`${pluralize(number, one, many)} ${rest}`);
  };
  for (const environment of plan.environments) {
    for (const way of ["on", "off"] as const) {
      const matches = (flag: FlagPlan) => toggled(flag, environment) === way;
      count("flag turns", "flags turn", `${way} in ${environment}`, matches);
    }
  }
  for (const environment of plan.environments) {
    const matches = (flag: FlagPlan) => changesReach(flag, environment);
    count("flag changes", "flags change", `who gets it in ${environment}`, matches);
  }
  for (const environment of plan.environments) {
    const matches = (flag: FlagPlan) =>
      flag.change === "changed" && changesSchedule(flag, environment);
    count("flag changes its", "flags change their", `schedule in ${environment}`, matches);
  }
  for (const change of ["added", "removed"] as const)
    count("flag is", "flags are", change, (flag) => flag.change === change);
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

function describeFlag(flag: FlagPlan, environment: string): string[] {
  const { before, after } = flag.decisions[environment] ?? {};
  const [was, is] = [before, after].map(describeDecision);
  const steps = describeSteps(flag.schedules[environment]);
  const withSteps = (text: string) => [[text, ...steps].join("; ")];
  // An environment may be in one of the two projects only.
  if (flag.change === "added") {
    if (after === undefined) return [];
    const renamed = describeRename(flag, environment);
    return withSteps(`+ ${flag.name}: ${is}${renamed === "" ? "" : `: ${renamed}`}`);
  }
  if (flag.change === "removed") return before === undefined ? [] : [`- ${flag.name}: was ${was}`];
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

function inSentence({ environment, change }: ProtectionPlan): string {
  if (change === "protected")
    return `${environment} is protected: changes through the API become pull requests`;
  return `${environment} is not protected any more: changes through the API are committed without a review`;
}

/** `on`, or `off → on` in bold. */
function inWords({ decisions, schedules }: FlagPlan, environment: string): string {
  const { before, after } = decisions[environment] ?? {};
  const steps = describeSteps(schedules[environment]);
  if (isSameDecision(before, after)) return [describeDecision(after), ...steps].join("<br>");
  const effects = describeEffects(decisions[environment] ?? {}).map(escapeMarkdown);
  const change = `**${describeDecision(before)} → ${describeDecision(after)}**`;
  return [change, ...effects, ...steps].join("<br>");
}
