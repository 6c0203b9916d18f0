/** What publishing did, would do or would not do, in words. */
import type { EnvironmentDiff } from "../schema/plan/publication.ts";
import type { Outcome } from "../store/publish/publish.ts";
import { count } from "./command/report.ts";

/** For a terminal: what changes for consumers, then one line that sums it up. */
export function formatOutcome(outcome: Outcome, to: string): string {
  const { status, refusals, left } = outcome;
  const changes = status === "unchanged" ? [] : describeAll(outcome);
  const lines = [...changes, summarize(outcome, to), ...refusals.map((refusal) => `  ${refusal}`)];
  if (left.length > 0) {
    lines.push(
      `  ${count(left.length, "object")} may be of the wrong commit: publish again (${left.slice(0, 3).join(", ")})`,
    );
  }
  return `${lines.join("\n")}\n`;
}

/** For the summary of a workflow run, in Markdown. */
export function formatSummary(outcome: Outcome, to: string): string {
  const { refusals } = outcome;
  const changes = describeAll(outcome).map((line) => `- ${line}`);
  const reasons = refusals.map((refusal) => `> ${escapeMarkdown(refusal)}`);
  return `### ${escapeMarkdown(summarize(outcome, to))}\n\n${[...reasons, ...changes].join("\n")}\n`;
}

function summarize({ status, commit, before, publication, mended }: Outcome, to: string): string {
  const { put, remove, keep } = publication;
  const from = before === undefined || before === commit ? "" : ` (was ${before.slice(0, 7)})`;
  const what = `${commit.slice(0, 7)} to ${to}`;
  const objects = `${put.length} put, ${remove.length} removed, ${keep} unchanged`;
  const repairs = mended > 0 ? `, ${mended} mended` : "";
  switch (status) {
    case "published":
      return `Published ${what}${from}: ${objects}${repairs}`;
    case "planned":
      return `Would publish ${what}${from}: ${objects}`;
    case "unchanged":
      return `Nothing to publish: ${to} serves ${commit.slice(0, 7)} already, ${count(keep, "object")} as they should be`;
    case "refused":
      return `Cannot publish ${what}:`;
  }
}

function describeAll({ status, publication }: Outcome): string[] {
  return publication.diffs.flatMap((turns) => describe(turns, status === "published"));
}

function describe(
  { environment, added, removed, on, off }: EnvironmentDiff,
  isDone: boolean,
): string[] {
  const kinds = isDone
    ? { added, removed, "turned on": on, "turned off": off }
    : { "to be added": added, "to be removed": removed, "to go on": on, "to go off": off };
  return Object.entries(kinds).flatMap(([kind, names]) => {
    if (names.length === 0) return [];
    const shown = names.slice(0, 10).join(", ");
    const more = names.length > 10 ? ` and ${names.length - 10} more` : "";
    return [`${environment}: ${kind}: ${shown}${more}`];
  });
}

function escapeMarkdown(text: string): string {
  return text.replace(/[<>&|`*_[\]@]/g, (character) => `&#${character.codePointAt(0)};`);
}
