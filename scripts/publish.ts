import { compile } from "../schema/compile/compile.ts";
import type { Release } from "../schema/compile/release.ts";
import { isFetched } from "../schema/compile/urls.ts";
import { invalidate } from "../store/publish/cloudfront.ts";
import { waitUntilLive } from "../store/publish/live.ts";
import { type Outcome, publish } from "../store/publish/publish.ts";
import { openTarget } from "../store/publish/target.ts";
import { Repository } from "../store/snapshot/repository.ts";
import { defineCommand, UsageError } from "./command/command.ts";
import { progress } from "./command/progress.ts";
import { readSnapshot } from "./command/read-snapshot.ts";
import { addStepSummary, count } from "./command/report.ts";
import { formatOutcome, formatSummary } from "./publish-report.ts";

export const command = defineCommand({
  name: "publish",
  summary:
    "Publishes the flags of a commit to where clients fetch them: only what changed, and only forward.",
  operands: "",
  options: {
    to: { value: "TARGET", help: "s3://bucket[/prefix] or a directory" },
    at: { value: "COMMIT", help: "the commit to publish", default: "HEAD" },
    repo: { value: "PATH", help: "the clone that holds the flags", default: "." },
    "dry-run": { help: "tells what would be done, and does nothing" },
    rollback: { value: "REASON", help: "publishes an older or unrelated commit on purpose" },
    allow: { value: "REASON", help: "publishes although it looks like an accident" },
    "max-removed": {
      value: "PERCENT",
      help: "how many of the flags may go at once",
      default: "20",
    },
    "max-flipped": {
      value: "PERCENT",
      help: "how many of the flags may turn at once",
      default: "50",
    },
    "cache-control": {
      value: "HEADER",
      help: "for flags and lists",
      default: "public, max-age=30, stale-while-revalidate=300, stale-if-error=86400",
    },
    trust: {
      help: "believes the manifest instead of listing all objects: fewer requests, repairs less",
    },
    verify: { help: "reads every object back in the end, and mends what is wrong" },
    invalidate: {
      value: "DISTRIBUTION",
      help: "asks this CloudFront distribution for the changed paths",
    },
    "wait-for": { value: "URL", help: "waits until the changed URLs below this one are live" },
    timeout: { value: "SECONDS", help: "how long --wait-for waits", default: "120" },
    format: { value: "FORMAT", help: "output format", choices: ["text", "json"], default: "text" },
  },
  async run(options) {
    if (options.to === undefined) {
      throw new UsageError(
        "Cannot publish: --to is missing; wanted s3://bucket[/prefix] or a directory",
      );
    }
    const limits = {
      maxRemoved: number("max-removed", options["max-removed"]),
      maxFlipped: number("max-flipped", options["max-flipped"]),
    };
    const patience = 1_000 * number("timeout", options.timeout);
    const { rollback, allow } = {
      rollback: reason(options.rollback),
      allow: reason(options.allow),
    };

    const repository = await Repository.open(options.repo);
    const snapshot = await readSnapshot(repository, options.at);
    if (!snapshot) return 1;
    const release = compile(snapshot);
    const target = await openTarget(options.to);
    const publishing = progress(`Publishing to ${options.to}:`);
    const outcome = await publish(
      target,
      repository,
      { snapshot, release },
      {
        ...limits,
        rollback,
        allow,
        cacheControl: options["cache-control"],
        thorough: options.trust !== true,
        dryRun: options["dry-run"] === true,
        verify: options.verify === true,
        concurrency: 16,
        progress: publishing.at,
      },
    ).finally(() => {
      publishing.end();
      target.close();
    });
    addStepSummary(formatSummary(outcome, options.to));
    const isJson = options.format === "json";
    if (!isJson) process.stdout.write(formatOutcome(outcome, options.to));
    let live: Live | undefined;
    try {
      if (outcome.status !== "published") return outcome.status === "refused" ? 1 : 0;
      const paths = changedPaths(outcome);
      if (options.invalidate !== undefined) {
        await invalidate(options.invalidate, outcome.commit, paths);
        process.stderr.write(
          `Invalidated ${count(paths.length, "path")} in ${options.invalidate}\n`,
        );
      }
      const base = options["wait-for"];
      if (base === undefined) return 0;
      live = await waitFor(base, release, paths, patience);
      if (live.pending.length === 0) {
        if (!isJson) process.stdout.write(`live after ${live.seconds.toFixed(1)} s\n`);
        return 0;
      }
      const some = live.pending.slice(0, 5).join(", ");
      process.stderr.write(
        `Not live after ${patience / 1_000} s: ${count(live.pending.length, "URL")} of ${base} (${some})\n`,
      );
      return 1;
    } finally {
      // One document, also when the rest failed: what was published is published.
      if (isJson) process.stdout.write(formatJson(outcome, options.to, live));
    }
  },
});

/** How clients come to see it. */
interface Live {
  readonly url: string;
  /** How long it took. */
  readonly seconds: number;
  /** Since when all of it is live, as ISO 8601; missing where some is not. */
  readonly at?: string;
  /** The paths that are not live yet. */
  readonly pending: readonly string[];
}

async function waitFor(
  url: string,
  release: Release,
  paths: readonly string[],
  patience: number,
): Promise<Live> {
  const started = Date.now();
  const responses = new Map(release.responses.map((response) => [response.path, response]));
  const expected = paths.map((path) => {
    const response = responses.get(path);
    return response ? { path, response } : { path };
  });
  const pending = await waitUntilLive(url, expected, patience);
  const now = Date.now();
  const at = pending.length === 0 ? { at: new Date(now).toISOString() } : {};
  return { url, seconds: (now - started) / 1_000, ...at, pending };
}

/** What clients will find different, in the order of the release; error bodies are asked for by nobody. */
function changedPaths({ publication: { put, remove } }: Outcome): string[] {
  return [...put.map(({ path }) => path), ...remove].filter(isFetched);
}

function formatJson(outcome: Outcome, to: string, live: Live | undefined): string {
  const { publication, ...rest } = outcome;
  const put = publication.put.map(({ path }) => path);
  return `${JSON.stringify({ to, ...rest, publication: { ...publication, put }, live }, null, 2)}\n`;
}

function number(option: string, text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new UsageError(`Cannot use --${option} "${text}": it must be a number`);
}

/** A reason is for those who come after: one line, and not empty. */
function reason(text: string | undefined): string | undefined {
  const line = text?.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  if (line === "") throw new UsageError("Cannot go on without a reason: say why in a few words");
  return line?.slice(0, 200);
}
