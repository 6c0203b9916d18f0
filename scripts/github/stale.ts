import { existsSync } from "node:fs";
import type { Snapshot, Timestamp } from "../../schema/flag/snapshot.ts";
import type { CodeReferences } from "../../schema/github/stale-issue.ts";
import { findStale, needsHistory, type StaleFlag } from "../../schema/overview/stale.ts";
import { pluralize } from "../../schema/text/show.ts";
import { findCodeReferences } from "../../store/files/code-references.ts";
import { readLastToggled } from "../../store/history/last-toggled.ts";
import { Repository } from "../../store/snapshot/repository.ts";
import { checkDay, wholeNumber } from "../command/checks.ts";
import { defineCommand, UsageError } from "../command/command.ts";
import { shared } from "../command/options.ts";
import { readSnapshot } from "../command/read-snapshot.ts";
import { today } from "../command/report.ts";
import { note, withProgress } from "../command/stderr.ts";
import { connectUnlessDry } from "./connect.ts";
import { type IssueChange, updateIssues } from "./stale-issues.ts";

export const command = defineCommand({
  name: "stale",
  summary:
    "Find flags that are no longer needed: past their expiry, or on (or off) everywhere for many days. Open an issue for each on GitHub, or a pull request that removes it if no code names it.",
  operands: "",
  options: {
    source: {
      value: "DIRECTORY",
      help: "code to search for flags; may be given more than once",
      many: true,
    },
    limit: { value: "N", help: "the maximum number of open issues", default: "5" },
    days: {
      value: "N",
      help: "the number of days that a flag may be on or off everywhere",
      default: "40",
    },
    as: {
      value: "KIND",
      help: "what to open",
      choices: ["issues", "pull-requests"],
      default: "issues",
    },
    at: shared.at,
    repo: shared.repo,
    today: shared.today,
    "dry-run": shared["dry-run"],
    format: shared.format,
  },
  async run({ source: sources, today: day = today(), as, format, repo, at, ...options }) {
    checkDay("today", day);
    const limit = wholeNumber("limit", options.limit, 0, 9_999);
    const days = wholeNumber("days", options.days, 0, 9_999);
    const mayRemove = as === "pull-requests";
    if (mayRemove && sources.length === 0) {
      const why = "nobody can tell whether code still names a flag";
      throw new UsageError(`Cannot open pull requests without --source: ${why}`);
    }
    for (const tree of sources) {
      if (!existsSync(tree))
        throw new UsageError(`Cannot search --source "${tree}": it is not there`);
    }
    const github = connectUnlessDry(options["dry-run"]);

    const repository = await Repository.open(repo);
    const snapshot = await readSnapshot(repository, at);
    if (!snapshot) return 1;
    const lastToggled = await findLastToggled(repository, snapshot, day, days);
    const stale = findStale(snapshot.flags, lastToggled, day, days);
    const references = search(sources, stale, mayRemove);
    const report = { snapshot, stale, references, limit, mayRemove };
    const steps = github ? await updateIssues(github, report) : [];
    const print = format === "json" ? formatJson : formatText;
    process.stdout.write(print({ stale, references, steps }));
    return 0;
  },
});

/** When flags were last turned on or off, for those whose last change does not show it. */
async function findLastToggled(
  repository: Repository,
  { commit, flags }: Snapshot,
  day: string,
  days: number,
): Promise<Map<string, Timestamp>> {
  const unclear = flags.filter((flag) => needsHistory(flag, day, days));
  const names = unclear.map(({ name }) => name);
  const index = await repository.changesAt(commit);
  return withProgress("Reading histories:", (onProgress) =>
    readLastToggled(repository.directory, index, names, onProgress),
  );
}

/** `undefined` if no code is to be searched. */
function search(
  sources: readonly string[],
  stale: readonly StaleFlag[],
  mustHaveFiles: boolean,
): ReadonlyMap<string, CodeReferences> | undefined {
  if (sources.length === 0) return undefined;
  const { files, references } = findCodeReferences(
    sources,
    stale.map(({ flag }) => flag.name),
  );
  if (files > 0) return references;
  const none = `no file is below ${sources.map((source) => `"${source}"`).join(", ")}`;
  if (mustHaveFiles) throw new Error(`Cannot tell whether code still names a flag: ${none}`);
  note(`Searched nothing: ${none}`);
  return undefined;
}

interface Result {
  readonly stale: readonly StaleFlag[];
  /** By flag; missing if no code was searched. */
  readonly references: ReadonlyMap<string, CodeReferences> | undefined;
  readonly steps: readonly IssueChange[];
}

function formatJson({ stale, references, steps }: Result): string {
  const flags = stale.map(({ flag: { name, file, owner, type }, kind, since, reason }) => {
    return { name, file, owner, type, kind, since, reason, places: references?.get(name) };
  });
  return `${JSON.stringify({ flags, steps }, null, 2)}\n`;
}

function formatText({ stale, references, steps }: Result): string {
  const lines = stale.map(({ flag: { name, owner }, reason }) => {
    const found = references?.get(name)?.all;
    const where = found === undefined ? "" : `; ${pluralize(found, "place")} in code`;
    return `${name} (${owner || "nobody"}): ${reason}${where}`;
  });
  const done = steps.map(({ name, number, action }) => `#${number} ${name}: ${action}`);
  const sum = stale.length === 0 ? "No stale flags" : `${pluralize(stale.length, "stale flag")}`;
  return `${[...lines, ...(lines.length > 0 ? [""] : []), sum, ...done].join("\n")}\n`;
}
