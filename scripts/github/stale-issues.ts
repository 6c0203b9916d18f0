/** Issues and pull requests on GitHub about stale flags. */
import type { Snapshot } from "../../schema/flag/snapshot.ts";
import {
  type CodeReferences,
  fingerprint,
  formatRemoval,
  formatRemovalMessage,
  formatStaleIssue,
  readMarker,
  type StaleMarker,
  staleMarker,
  titleIssue,
} from "../../schema/github/stale-issue.ts";
import type { StaleFlag } from "../../schema/overview/stale.ts";
import type { GitHub } from "../../store/github/github.ts";
import { closeIssue, findOwnIssues, type Issue, keepIssue } from "../../store/github/issues.ts";
import { proposeRemoval } from "../../store/github/removal.ts";

export interface IssueChange {
  readonly name: string;
  readonly number: number;
  readonly action: "opened" | "updated" | "unchanged" | "proposed" | "closed";
}

export interface StaleReport {
  readonly snapshot: Snapshot;
  /** In the order in which issues are opened. */
  readonly stale: readonly StaleFlag[];
  /** By flag; missing if no code was searched. */
  readonly references: ReadonlyMap<string, CodeReferences> | undefined;
  /** The largest number of issues that are open at a time. */
  readonly limit: number;
  /** Whether a pull request removes a flag that no code names. */
  readonly mayRemove: boolean;
}

const label = {
  name: "stale-flag",
  color: "fbca04",
  description: "A feature flag that is no longer needed",
};

type KnownIssue = Issue & StaleMarker;

export async function updateIssues(github: GitHub, report: StaleReport): Promise<IssueChange[]> {
  const known = await listKnown(github);
  const changes = await closeOutdated(github, report, known);
  const closed = new Set(changes.map(({ number }) => number));
  const open = known.filter(({ state, number }) => state === "open" && !closed.has(number));
  let remaining = report.limit - new Set(open.map(({ name }) => name)).size;
  for (const stale of report.stale) {
    const about = known.filter(({ name }) => name === stale.flag.name);
    const isOpen = about.some((one) => open.includes(one));
    if (!isOpen && (wasDeclined(about, stale) || remaining <= 0)) continue;
    const change = await openOrUpdate(github, report, stale, about);
    if (change && !isOpen) remaining -= 1;
    if (change) changes.push(change);
  }
  return changes;
}

async function listKnown(github: GitHub): Promise<KnownIssue[]> {
  const ours = await findOwnIssues(github, label.name, "all");
  return ours.flatMap((issue) => {
    const seen = readMarker(issue.body);
    return seen ? [{ ...issue, ...seen }] : [];
  });
}

/** Whether somebody closed the issue and the flag has not changed since. */
function wasDeclined(about: readonly KnownIssue[], stale: StaleFlag): boolean {
  const now = fingerprint(stale);
  return about.some((one) => one.state === "closed" && one.fingerprint === now);
}

/** Closes issues about flags that are gone or no longer stale. People close pull requests. */
async function closeOutdated(
  github: GitHub,
  { snapshot, stale }: StaleReport,
  known: readonly KnownIssue[],
): Promise<IssueChange[]> {
  const still = new Set(stale.map(({ flag }) => flag.name));
  const flags = new Set(snapshot.flags.map(({ name }) => name));
  const changes: IssueChange[] = [];
  for (const { name, number, state, isPull } of known) {
    if (state !== "open" || isPull || still.has(name)) continue;
    const what = flags.has(name) ? "is not stale any more" : "is gone";
    await closeIssue(github, number, `\`${name}\` ${what}.`);
    changes.push({ name, number, action: "closed" });
  }
  return changes;
}

/** Opens a pull request if no code names the flag any more, otherwise an issue. */
async function openOrUpdate(
  github: GitHub,
  { references, mayRemove }: StaleReport,
  stale: StaleFlag,
  about: readonly KnownIssue[],
): Promise<IssueChange | undefined> {
  const { name } = stale.flag;
  const open = about.filter(({ state }) => state === "open");
  const pull = open.find(({ isPull }) => isPull);
  if (pull) return { name, number: pull.number, action: "unchanged" };
  const found = references?.get(name);
  const isFree = found?.all === 0 && stale.requiredBy.length === 0;
  if (mayRemove && isFree) return propose(github, stale, open[0]?.number);
  const { issue, action } = await keepIssue(github, {
    marker: staleMarker(name),
    label,
    title: titleIssue(stale),
    body: formatStaleIssue(stale, found),
  });
  return { name, number: issue.number, action };
}

async function propose(
  github: GitHub,
  stale: StaleFlag,
  issue: number | undefined,
): Promise<IssueChange | undefined> {
  const { name, file, object } = stale.flag;
  const pull = await proposeRemoval(github, {
    ...{ file, object, label, title: titleIssue(stale) },
    branch: `bunting/remove-${name}-${fingerprint(stale)}`,
    message: formatRemovalMessage(stale),
    body: formatRemoval(stale, issue),
  });
  return pull && { name, number: pull.number, action: "proposed" };
}
