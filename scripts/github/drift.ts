import { setTimeout as pause } from "node:timers/promises";
import type { Snapshot } from "../../schema/flag/snapshot.ts";
import {
  type Drift,
  driftMarker,
  driftTitle,
  formatAgreement,
  formatDrift,
} from "../../schema/github/drift-issue.ts";
import { pluralize, shortId } from "../../schema/text/show.ts";
import {
  expectedAt,
  findDifferences,
  readMaxAge,
  readServedManifest,
} from "../../store/cdn/cdn.ts";
import type { GitHub } from "../../store/github/github.ts";
import { closeIssue, findOwnIssues, keepIssue } from "../../store/github/issues.ts";
import { holdBackChanges } from "../../store/publish/served-release.ts";
import { compileSnapshot } from "../../store/snapshot/compiled-snapshot.ts";
import { Repository } from "../../store/snapshot/repository.ts";
import { checkUrl, wholeNumber } from "../command/checks.ts";
import { defineCommand } from "../command/command.ts";
import { shared } from "../command/options.ts";
import { readSnapshot } from "../command/read-snapshot.ts";
import { note } from "../command/stderr.ts";
import { connectUnlessDry } from "./connect.ts";

/** How long publishing may take after a merge. */
const publishSeconds = 90;
/** A cache with `stale-while-revalidate` has the new response after this time. */
const revalidationMs = 2_000;

const label = {
  name: "drift",
  color: "d93f0b",
  description: "What the CDN serves differs from what the branch says",
};

export const command = defineCommand({
  name: "drift",
  summary:
    "Compare what the CDN serves with what a commit compiles to: bodies, content types and caching. Keep one issue open on GitHub while they differ.",
  operands: "",
  options: {
    cdn: { value: "URL", help: "the URL below which clients fetch" },
    at: shared.at,
    repo: shared.repo,
    grace: {
      value: "SECONDS",
      help: "the maximum age of a commit that is not live yet, in seconds (default: the CDN's max-age plus 90)",
    },
    "max-age": {
      value: "SECONDS",
      help: "the maximum time that browsers may cache a response",
      default: "300",
    },
    "dry-run": shared["dry-run"],
    format: shared.format,
  },
  async run({ cdn, at, repo, grace, format, "max-age": maxAge, "dry-run": isDry }) {
    checkUrl("cdn", cdn);
    const tolerance = {
      graceSeconds: grace === undefined ? undefined : wholeNumber("grace", grace, 0, 9_999),
      maxAgeSeconds: wholeNumber("max-age", maxAge, 0, 99_999_999),
    };
    const github = connectUnlessDry(isDry);
    const repository = await Repository.open(repo);
    const snapshot = await readSnapshot(repository, at);
    if (!snapshot) return 1;

    const drift = await findDrift(cdn, repository, snapshot, tolerance);
    const issue = github && (await updateIssue(github, drift));
    process.stdout.write(format === "json" ? formatJson(drift, issue) : formatText(drift, issue));
    return drift.differences.length === 0 ? 0 : 1;
  },
});

interface Tolerance {
  /** Maximum age of a commit that is not live yet; `undefined`: computed from the CDN's `max-age`. */
  readonly graceSeconds: number | undefined;
  /** Maximum time that browsers may cache a response. */
  readonly maxAgeSeconds: number;
}

/** Compares, and compares differences once more, because a publication or a cache may be a moment behind. */
async function findDrift(
  cdn: string,
  repository: Repository,
  snapshot: Snapshot,
  { graceSeconds, maxAgeSeconds }: Tolerance,
): Promise<Drift> {
  const manifest = await readServedManifest(cdn);
  const waiting = (manifest?.commit === snapshot.commit && manifest.waiting) || [];
  const compiled = compileSnapshot(snapshot);
  const { release } = await holdBackChanges(repository, compiled, waiting);
  const expected = expectedAt(release, manifest);
  let differences = await findDifferences(cdn, expected, maxAgeSeconds);
  const silent = differences.filter(({ found }) => found === "no answer").length;
  if (silent === expected.length) {
    throw new Error(`Cannot reach "${cdn}": none of ${pluralize(expected.length, "URL")} answers`);
  }
  if (differences.length > 0) {
    const grace = graceSeconds ?? (await readMaxAge(cdn)) + publishSeconds;
    const age = (Date.now() - Date.parse(snapshot.committed_at)) / 1_000;
    const waitMs = Math.max(revalidationMs, Math.min(600, grace - Math.max(0, age)) * 1_000);
    if (waitMs > revalidationMs) {
      note(
        `The commit is ${Math.round(age)} s old: compares again in ${Math.ceil(waitMs / 1_000)} s`,
      );
    }
    await pause(waitMs);
    const suspects = new Set(differences.map(({ path }) => path));
    const again = expected.filter(({ path }) => suspects.has(path));
    differences = await findDifferences(cdn, again, maxAgeSeconds);
  }
  const now = differences.length > 0 ? await readServedManifest(cdn) : manifest;
  const served = now && { commit: now.commit, rollback: now.rollback };
  const found = { differences, served, waiting: waiting.length };
  return { commit: snapshot.commit, cdn, urls: expected.length, ...found };
}

interface IssueChange {
  readonly number: number;
  readonly action: "opened" | "updated" | "unchanged" | "closed";
}

/** Opens, updates or closes the issue. */
async function updateIssue(github: GitHub, drift: Drift): Promise<IssueChange | undefined> {
  if (drift.differences.length > 0) {
    const body = formatDrift(drift);
    const wanted = { marker: driftMarker, label, title: driftTitle, body };
    const { issue, action } = await keepIssue(github, wanted);
    return { number: issue.number, action };
  }
  const open = (await findOwnIssues(github, label.name, "open")).filter(
    ({ isPull, body }) => !isPull && body.startsWith(driftMarker),
  );
  for (const { number } of open) await closeIssue(github, number, formatAgreement(drift));
  const [closed] = open;
  return closed && { number: closed.number, action: "closed" };
}

/** The number of URLs keeps its old name, `asked`. */
function formatJson(
  { differences, urls, ...drift }: Drift,
  issue: IssueChange | undefined,
): string {
  return `${JSON.stringify({ agrees: differences.length === 0, ...drift, asked: urls, differences, issue }, null, 2)}\n`;
}

function formatText(
  { commit, cdn, urls, differences, waiting }: Drift,
  issue: IssueChange | undefined,
): string {
  const what = `${cdn} and ${shortId(commit)}`;
  const lines = differences.slice(0, 20).map(({ path, found }) => `  ${path}: ${found}`);
  if (differences.length > 20) lines.push(`  … and ${differences.length - 20} more`);
  const sum =
    differences.length === 0
      ? `${what} agree: ${pluralize(urls, "URL")}`
      : `${what} differ in ${differences.length} of ${pluralize(urls, "URL")}:`;
  if (waiting > 0)
    lines.push(`${pluralize(waiting, "change")} not published yet because of a limit`);
  const issueLine = issue ? [`Issue #${issue.number}: ${issue.action}`] : [];
  return `${[sum, ...lines, ...issueLine].join("\n")}\n`;
}
