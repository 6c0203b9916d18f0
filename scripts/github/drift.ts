import { setTimeout as pause } from "node:timers/promises";
import { compile } from "../../schema/compile/compile.ts";
import type { Snapshot } from "../../schema/flag/snapshot.ts";
import {
  type Drift,
  driftMarker,
  driftTitle,
  formatAgreement,
  formatDrift,
} from "../../schema/github/drift-issue.ts";
import { GitHub } from "../../store/github/github.ts";
import { closeIssue, findOurs, keepIssue } from "../../store/github/issues.ts";
import { readGitHubOptions } from "../../store/github/options.ts";
import {
  expectedAt,
  findDifferences,
  readMaxAge,
  readServedManifest,
} from "../../store/publish/cdn.ts";
import { Repository } from "../../store/snapshot/repository.ts";
import { defineCommand, UsageError } from "../command/command.ts";
import { readSnapshot } from "../command/read-snapshot.ts";
import { count } from "../command/report.ts";

/** How long publishing may take after a merge, in seconds. */
const publishing = 90;
/** A cache that serves what is stale while it asks for what is new has that by now. */
const moment = 2_000;

const label = {
  name: "drift",
  color: "d93f0b",
  description: "What the CDN serves differs from what the branch says",
};

export const command = defineCommand({
  name: "drift",
  summary:
    "Compares what the CDN serves with what a commit compiles to. One issue is open on GitHub as long as they differ. Exits with 0 where they agree, 1 where they differ.",
  operands: "",
  options: {
    cdn: { value: "URL", help: "where clients fetch" },
    at: { value: "REF", help: "what it should serve", default: "HEAD" },
    repo: { value: "PATH", help: "the clone that holds the flags", default: "." },
    grace: {
      value: "SECONDS",
      help: "how old a commit may be and not be live (default: the CDN's max-age and a publish)",
    },
    "dry-run": { help: "tells, and leaves GitHub alone" },
    format: { value: "FORMAT", help: "output format", choices: ["text", "json"], default: "text" },
  },
  async run({ cdn, at, repo, grace, format, "dry-run": isDry }) {
    if (cdn === undefined || !URL.canParse(cdn) || !/^https?:$/.test(new URL(cdn).protocol)) {
      throw new UsageError(`Cannot compare with --cdn "${cdn ?? ""}": wanted https://…`);
    }
    if (grace !== undefined && !/^\d{1,4}$/.test(grace)) {
      throw new UsageError(`Cannot use --grace "${grace}": it must be a number of seconds`);
    }
    const github = isDry ? undefined : new GitHub(readGitHubOptions(process.env), note);
    const snapshot = await readSnapshot(await Repository.open(repo), at);
    if (!snapshot) return 1;

    const drift = await look(cdn, snapshot, grace === undefined ? undefined : Number(grace));
    const issue = github && (await tell(github, drift));
    process.stdout.write(format === "json" ? formatJson(drift, issue) : formatText(drift, issue));
    return drift.differences.length === 0 ? 0 : 1;
  },
});

/** Looks, and once more at what differs: a publish under way is no drift, nor is a cache behind by a moment. */
async function look(cdn: string, snapshot: Snapshot, grace: number | undefined): Promise<Drift> {
  const release = compile(snapshot);
  const manifest = await readServedManifest(cdn);
  const expected = expectedAt(release, manifest);
  let differences = await findDifferences(cdn, expected);
  const silent = differences.filter(({ found }) => found === "no answer").length;
  if (silent === expected.length) {
    throw new Error(`Cannot reach "${cdn}": none of ${count(expected.length, "URL")} answers`);
  }
  if (differences.length > 0) {
    const young = grace ?? (await readMaxAge(cdn)) + publishing;
    const age = (Date.now() - Date.parse(snapshot.committed_at)) / 1_000;
    const wait = Math.max(moment, Math.min(600, young - Math.max(0, age)) * 1_000);
    if (wait > moment)
      note(`The commit is ${Math.round(age)} s old: looking again in ${Math.ceil(wait / 1_000)} s`);
    await pause(wait);
    const suspects = new Set(differences.map(({ path }) => path));
    differences = await findDifferences(
      cdn,
      expected.filter(({ path }) => suspects.has(path)),
    );
  }
  const now = differences.length > 0 ? await readServedManifest(cdn) : manifest;
  const served = now && { commit: now.commit, rollback: now.rollback };
  return { commit: snapshot.commit, cdn, asked: expected.length, differences, served };
}

interface Told {
  readonly number: number;
  readonly action: "opened" | "updated" | "unchanged" | "closed";
}

async function tell(github: GitHub, drift: Drift): Promise<Told | undefined> {
  if (drift.differences.length > 0) {
    const body = formatDrift(drift);
    const wanted = { marker: driftMarker, label, title: driftTitle, body };
    const { issue, action } = await keepIssue(github, wanted);
    return { number: issue.number, action };
  }
  const open = (await findOurs(github, label.name, "open")).filter(
    ({ isPull, body }) => !isPull && body.startsWith(driftMarker),
  );
  for (const { number } of open) await closeIssue(github, number, formatAgreement(drift));
  const [closed] = open;
  return closed && { number: closed.number, action: "closed" };
}

function formatJson({ differences, ...drift }: Drift, issue: Told | undefined): string {
  return `${JSON.stringify({ agrees: differences.length === 0, ...drift, differences, issue }, null, 2)}\n`;
}

function formatText({ commit, cdn, asked, differences }: Drift, issue: Told | undefined): string {
  const what = `${cdn} and ${commit.slice(0, 7)}`;
  const lines = differences.slice(0, 20).map(({ path, found }) => `  ${path}: ${found}`);
  if (differences.length > 20) lines.push(`  … and ${differences.length - 20} more`);
  const sum =
    differences.length === 0
      ? `${what} agree: ${count(asked, "URL")}`
      : `${what} differ in ${differences.length} of ${count(asked, "URL")}:`;
  const told = issue ? [`Issue #${issue.number}: ${issue.action}`] : [];
  return `${[sum, ...lines, ...told].join("\n")}\n`;
}

function note(text: string): void {
  process.stderr.write(`${text}\n`);
}
