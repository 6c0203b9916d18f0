/** The result of a publication as text. */
import type { EnvironmentDiff } from "../../schema/plan/publication.ts";
import { listSome, pluralize, shortId } from "../../schema/text/show.ts";
import type { PublishOutcome } from "../../store/publish/publish.ts";

/** For a terminal: what changes for consumers, then one line that summarizes it. */
export function formatOutcome(outcome: PublishOutcome, to: string): string {
  const { status, refusals, left } = outcome;
  const changes = status === "unchanged" ? [] : describeAll(outcome);
  const notes = [...refusals, ...describeWaiting(outcome)].map((note) => `  ${note}`);
  const lines = [...changes, summarize(outcome, to), ...notes];
  if (left.length > 0) {
    lines.push(
      `  ${pluralize(left.length, "object")} may be of another commit: publish again (${left.slice(0, 3).join(", ")})`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/** For the summary of a workflow run, in Markdown. */
export function formatSummary(outcome: PublishOutcome, to: string): string {
  const changes = describeAll(outcome).map((line) => `- ${line}`);
  const notes = [...outcome.refusals, ...describeWaiting(outcome)];
  const reasons = notes.map((refusal) => `> ${escapeMarkdown(refusal)}`);
  return `### ${escapeMarkdown(summarize(outcome, to))}\n\n${[...reasons, ...changes].join("\n")}\n`;
}

/** The changes that wait, why, and how to publish them. */
function describeWaiting({ status, waiting, reasons }: PublishOutcome): string[] {
  if (waiting.length === 0 || status === "refused") return [];
  const flags = listSome([...new Set(waiting.map(({ flag }) => flag))], 10);
  const changes = pluralize(waiting.length, "change waits", "changes wait");
  const why = `${changes} (${flags}): ${reasons.join(", and ")}`;
  return [`${why}; to publish them: --allow REASON`];
}

function summarize(
  { status, commit, before, publication, repaired }: PublishOutcome,
  to: string,
): string {
  const { put, remove, keep } = publication;
  const from = before === undefined || before === commit ? "" : ` (was ${shortId(before)})`;
  const what = `${shortId(commit)} to ${to}`;
  const objects = `${put.length} put, ${remove.length} removed, ${keep} unchanged`;
  const repairs = repaired > 0 ? `, ${repaired} repaired` : "";
  switch (status) {
    case "published":
      return `Published ${what}${from}: ${objects}${repairs}`;
    case "planned":
      return `Would publish ${what}${from}: ${objects}`;
    case "unchanged":
      return `Nothing to publish: ${to} serves ${shortId(commit)} already, ${pluralize(keep, "object")} unchanged`;
    case "refused":
      return `Cannot publish ${what}:`;
  }
}

function describeAll({ status, publication }: PublishOutcome): string[] {
  return publication.diffs.flatMap((diff) => describeDiff(diff, status === "published"));
}

function describeDiff(
  { environment, added, removed, on, off }: EnvironmentDiff,
  isDone: boolean,
): string[] {
  const start = `${environment}: ${isDone ? "" : "to be "}`;
  const kinds = Object.entries({ added, removed, "turned on": on, "turned off": off });
  const changed = kinds.filter(([, names]) => names.length > 0);
  return changed.map(([kind, names]) => `${start}${kind}: ${listSome(names, 10)}`);
}

function escapeMarkdown(text: string): string {
  return text.replace(/[<>&|`*_[\]@]/g, (character) => `&#${character.codePointAt(0)};`);
}
