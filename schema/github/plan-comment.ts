/** The comment on a pull request: what it changes. The first line is a summary. */
import { describeAudiences } from "../plan/audiences.ts";
import type { Plan } from "../plan/plan.ts";
import { describeProject, flagTable, summarize } from "../plan-text/format.ts";
import { findWarnings } from "../plan-text/warnings.ts";
import { formatProblem, type Problem } from "../problem/problem.ts";
import { compareText } from "../text/order.ts";
import { capital, cut, joined, listSome, pluralize, shortId } from "../text/show.ts";
import { describeFlag } from "./flag-sentence.ts";
import { block, fitLines, inline, sizeOf } from "./markdown.ts";
import { listUrls, type Pointer } from "./plan-urls.ts";
import type { Problems } from "./validators.ts";

/** The content of the comment. The author of the pull request controls all of it but `run` and `today`. */
export interface Review {
  /** Missing if the flags have errors, or the plan could not be computed. */
  readonly plan?: Plan | undefined;
  readonly problems?: Problems | undefined;
  /** Changed files that are not flags, such as code; missing if unknown. */
  readonly otherFiles?: readonly string[] | undefined;
  /** A sentence about the base of the plan, if it is not where the pull request starts. */
  readonly baseNote?: string | undefined;
  /** The pull request's number, if there is one yet, and the full id of its head: from GitHub. */
  readonly number?: number | undefined;
  readonly head: string;
  /** The URL of the workflow run, from GitHub. */
  readonly run?: { readonly url: string; readonly failed: boolean } | undefined;
  /** `YYYY-MM-DD`. */
  readonly today: string;
}

/** Identifies the comment: it begins with this, and our account wrote it. */
export const planMarker = "<!-- bunting:plan -->";

/** GitHub accepts 65,536 characters. */
const maxCommentLength = 65_000;
/** The maximum of each part, in characters; the URLs get the rest. */
const maxLengths = { table: 20_000, warnings: 8_000, problems: 12_000, owners: 4_000 };

export function formatPlanComment(review: Review): string {
  const { plan, problems, today } = review;
  const errors = (problems?.problems ?? []).filter(({ severity }) => severity === "error");
  const warnings = [...listSensitiveData(errors), ...(plan ? findWarnings(plan, today) : [])];
  const pointer = (left: number, what: string) => `_${left} more ${what}: ${whereAll(review)}_`;
  const start = [
    planMarker,
    `**${formatSummary(review, errors.length)}**${countWarnings(warnings.length)}`,
    ...describeOtherFiles(review),
    ...(review.baseNote === undefined ? [] : [review.baseNote]),
    ...(plan ? table(plan, pointer) : []),
    ...(plan ? listSettings(plan) : []),
    ...listWarnings(warnings, pointer),
    ...listProblems(review, errors, pointer),
    ...(plan ? owners(plan, pointer) : []),
  ];
  const end = [...(plan && plan.responses.length > 0 ? [rollback(review)] : []), footer(review)];
  const maxLength = maxCommentLength - sizeOf([...start, ...end].join("\n\n")) - 4;
  const urls = plan ? listUrls(plan, maxLength, pointer) : [];
  return `${[...start, ...urls, ...end].join("\n\n")}\n`;
}

function formatSummary({ plan, run }: Review, errors: number): string {
  if (errors > 0) return `Cannot be merged: ${pluralize(errors, "problem")} in flag files.`;
  if (!plan) return "Cannot tell what this does: the flags could not be read.";
  const failed = run?.failed ? " But the checks failed." : "";
  const [flag, ...others] = plan.flags;
  const isAlone = flag && others.length === 0 && plan.settings.length + plan.audiences.length === 0;
  const summary = isAlone ? describeFlag(flag, plan.environments) : summarize(plan);
  return `${capital(summary)}.${failed}`;
}

/** The plan was computed by the code of the base branch, so changes of code must be reviewed as code. */
function describeOtherFiles({ otherFiles = [] }: Review): string[] {
  if (otherFiles.length === 0) return [];
  const names = otherFiles.map((file) => inline(cut(file, 200)));
  const what = `${pluralize(otherFiles.length, "file")} outside of the flags`;
  return [
    `**It also changes ${what}:** ${listSome(names, 10)}. This plan does not say what these do.`,
  ];
}

function countWarnings(warnings: number): string {
  return warnings === 0 ? "" : ` ${pluralize(warnings, "warning")} below.`;
}

function table(plan: Plan, pointer: Pointer): string[] {
  const { head, rows } = flagTable(plan, ({ fields }) =>
    fields.filter((one) => one !== "updated_at"),
  );
  if (rows.length === 0) return [];
  const shown = fitLines(rows, maxLengths.table, (left) => `| ${pointer(left, "flags")} |`);
  return [[...head, ...shown].join("\n")];
}

function listSettings(plan: Plan): string[] {
  const project = plan.settings.length === 0 ? [] : describeProject(plan);
  const lines = [...describeAudiences(plan.audiences).slice(0, 50), ...project];
  return lines.length === 0 ? [] : [lines.map((line) => `- ${line}`).join("\n")];
}

function listWarnings(warnings: readonly string[], pointer: Pointer): string[] {
  if (warnings.length === 0) return [];
  const lines = warnings.map((warning) => `- ${warning}`);
  const shown = fitLines(lines, maxLengths.warnings, (left) => `- ${pointer(left, "warnings")}`);
  return ["### Warnings", shown.join("\n")];
}

/** Where credentials and personal data are; the values are not repeated. */
function listSensitiveData(errors: readonly Problem[]): string[] {
  return errors
    .filter(({ code }) => code === "personal-data" || code === "credential")
    .slice(0, 20)
    .map(({ code, file, line }) => {
      const what = code === "credential" ? "A credential" : "Personal data";
      const hint = code === "credential" ? "revoke it, for git keeps it" : "git keeps it";
      return `${what} in ${inline(`${file}:${line}`)}: ${hint}`;
    });
}

function listProblems({ plan, problems }: Review, errors: readonly Problem[], pointer: Pointer) {
  const touched = new Set(plan?.flags.map(({ file }) => file));
  const others = (problems?.problems ?? []).filter(
    ({ severity, file }) => severity === "warning" && touched.has(file),
  );
  const lines = [...errors, ...others].flatMap((problem) => formatProblem(problem).split("\n"));
  if (lines.length === 0) return [];
  const left = (count: number) => `… ${count} more lines`;
  const short = lines.map((line) => cut(line, 1_000));
  const shown = fitLines(short, maxLengths.problems, left);
  const rest =
    shown.length < lines.length ? [pointer(lines.length - shown.length + 1, "lines")] : [];
  return [`### ${errors.length > 0 ? "Problems" : "Warnings in the files"}`, block(shown), ...rest];
}

function owners({ flags }: Plan, pointer: Pointer): string[] {
  if (flags.length === 0) return [];
  const byOwner = new Map<string, string[]>();
  for (const { owner, name } of flags) {
    byOwner.set(owner, [...(byOwner.get(owner) ?? []), `\`${name}\``]);
  }
  const lines = [...byOwner]
    .sort(([a], [b]) => compareText(a, b))
    .map(([owner, names]) => {
      return `- ${owner === "" ? "nobody" : `\`${owner}\``} owns ${joined(names, 8)}`;
    });
  const shown = fitLines(lines, maxLengths.owners, (left) => `- ${pointer(left, "owners")}`);
  return ["### Owners", shown.join("\n")];
}

/** How to roll back. The commit is read when needed, because others may be merged before. */
function rollback({ number }: Review): string {
  const merge = `$(gh pr view ${number ?? "NUMBER"} --json mergeCommit --jq .mergeCommit.oid)`;
  const how =
    "To undo the merge, select **Revert** on this page and merge the pull request that it opens. To go back to the commit before the merge at once and without a review, which also undoes later merges, run:";
  const command = `gh workflow run rollback.yml -f commit="${merge}^" -f reason="why"`;
  return `### To roll back\n\n${how}\n\n${block([command], "console")}`;
}

function footer({ head, run }: Review): string {
  const where = run ? `, from [this run](${run.url})` : "";
  return `<sub>For commit ${shortId(head)}${where}. A later run replaces this comment.</sub>`;
}

function whereAll({ run }: Review): string {
  return run ? `[the run](${run.url}) has them all` : "`npm run plan` has them all";
}
