import { publishedCacheControl } from "../../schema/compile/outputs.ts";
import { findSensitiveData } from "../../schema/text/personal-data.ts";
import { pluralize } from "../../schema/text/show.ts";
import { type PublishOutcome, publish } from "../../store/publish/publish.ts";
import { compileSnapshot } from "../../store/snapshot/compiled-snapshot.ts";
import { Repository } from "../../store/snapshot/repository.ts";
import { openTarget } from "../../store/target/open-target.ts";
import { checkOption } from "../command/checks.ts";
import { defineCommand, UsageError } from "../command/command.ts";
import { shared } from "../command/options.ts";
import { readSnapshot } from "../command/read-snapshot.ts";
import { addStepSummary } from "../command/report.ts";
import { note, withProgress } from "../command/stderr.ts";
import { invalidatePaths, type LiveRelease, pathsToRefresh, waitFor } from "./live.ts";
import { formatOutcome, formatSummary } from "./report.ts";

export const command = defineCommand({
  name: "publish",
  summary:
    "Publish the flags of a commit to where clients fetch them: only what changed, and only forward.",
  operands: "",
  options: {
    to: { value: "TARGET", help: "where to publish: s3://bucket[/prefix] or a directory" },
    at: shared.at,
    repo: shared.repo,
    "dry-run": shared["dry-run"],
    rollback: { value: "REASON", help: "publish an older or unrelated commit on purpose" },
    allow: { value: "REASON", help: "publish changes that exceed a limit" },
    "allow-label": {
      value: "LABEL",
      help: "allow them if the merged pull request of the commit has this label",
    },
    "max-removed": {
      value: "PERCENT",
      help: "the share of flags that may be removed at once (default: the project's limit)",
    },
    "max-flipped": {
      value: "PERCENT",
      help: "the share of flags that may be turned on at once (default: the project's limit)",
    },
    "cache-control": {
      value: "HEADER",
      help: "the Cache-Control header of flags and lists",
      default: publishedCacheControl,
    },
    "skip-listing": {
      help: "trust the manifest instead of listing all objects: fewer requests, fewer repairs",
    },
    verify: { help: "read every object back at the end, and repair what is wrong" },
    invalidate: {
      value: "DISTRIBUTION",
      help: "invalidate the changed paths in this CloudFront distribution",
    },
    "wait-for": { value: "URL", help: "wait until the changed URLs below this one are live" },
    timeout: { value: "SECONDS", help: "maximum time for --wait-for", default: "120" },
    format: shared.format,
  },
  async run(options) {
    if (options.to === undefined) {
      throw new UsageError(
        "Cannot publish: --to is missing; wanted s3://bucket[/prefix] or a directory",
      );
    }
    const limits = {
      ...percentage("remove", "max-removed", options["max-removed"]),
      ...percentage("turn", "max-flipped", options["max-flipped"]),
    };
    const timeoutMs = 1_000 * number("timeout", options.timeout);
    const intent = { limits, rollback: reason(options.rollback), allow: reason(options.allow) };

    const repository = await Repository.open(options.repo);
    const snapshot = await readSnapshot(repository, options.at);
    if (!snapshot) return 1;
    const compiled = compileSnapshot(snapshot);
    const target = await openTarget(options.to);
    const settings = {
      ...intent,
      cacheControl: options["cache-control"],
      thorough: options["skip-listing"] !== true,
      dryRun: options["dry-run"] === true,
      verify: options.verify === true,
      concurrency: 16,
    };
    const publishWith = (allow = intent.allow) =>
      withProgress(`Publishing to ${options.to}:`, (progress) =>
        publish(target, repository, compiled, { ...settings, allow, progress }),
      );
    let outcome: PublishOutcome;
    try {
      outcome = await publishWith();
      const label = options["allow-label"];
      if (outcome.waiting.length > 0 && label !== undefined) {
        const allowed = await findLabel(label, outcome.commit);
        if (allowed !== undefined) outcome = await publishWith(allowed);
      }
    } finally {
      target.close();
    }
    addStepSummary(formatSummary(outcome, options.to));
    const isJson = options.format === "json";
    if (!isJson) process.stdout.write(formatOutcome(outcome, options.to));
    let live: LiveRelease | undefined;
    try {
      const { status, isNewlyWaiting } = outcome;
      if (status === "refused") return 1;
      if (status !== "planned") {
        const paths = pathsToRefresh(outcome);
        if (options.invalidate !== undefined)
          await invalidatePaths(options.invalidate, outcome, paths);
        const url = options["wait-for"];
        live = url === undefined ? undefined : await waitFor(url, outcome, paths, timeoutMs);
        if (live && live.pending.length > 0) {
          const some = live.pending.slice(0, 5).join(", ");
          const urls = pluralize(live.pending.length, "URL");
          note(`Not live after ${timeoutMs / 1_000} s: ${urls} of ${url} (${some})`);
          return 1;
        }
        if (live && !isJson) process.stdout.write(`live after ${live.seconds.toFixed(1)} s\n`);
      }
      return isNewlyWaiting ? 1 : 0;
    } finally {
      // The publication is reported even if a later step fails.
      if (isJson) process.stdout.write(formatJson(outcome, options.to, live));
    }
  },
});

/** The reason to allow waiting changes, if the merged pull request of the commit has the label. */
async function findLabel(label: string, commit: string): Promise<string | undefined> {
  const { connect } = await import("../github/connect.ts");
  const { findMergedPulls } = await import("../../store/github/pulls.ts");
  const pulls = await findMergedPulls(connect(), commit);
  const found = pulls.find(({ labels }) => labels.includes(label));
  return found && `#${found.number} has the label ${label}`;
}

function formatJson(outcome: PublishOutcome, to: string, live: LiveRelease | undefined): string {
  const { publication, compiled: _, ...rest } = outcome;
  const put = publication.put.map(({ path }) => path);
  return `${JSON.stringify({ to, ...rest, publication: { ...publication, put }, live }, null, 2)}\n`;
}

function percentage(limit: "remove" | "turn", option: string, text: string | undefined) {
  return text === undefined ? {} : { [limit]: number(option, text) };
}

function number(option: string, text: string): number {
  checkOption(/^\d+(\.\d+)?$/.test(text), option, text, "a number");
  return Number(text);
}

/** The text of a reason: one line, at most 200 characters, not empty. The manifest shows it to everyone. */
function reason(text: string | undefined): string | undefined {
  const line = text?.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ").trim();
  if (line === "") throw new UsageError("Cannot use an empty reason: say why in a few words");
  const [found] = findSensitiveData(line ?? "");
  if (found) throw new UsageError(`Cannot use a reason with ${found.what} in it: it is published`);
  return line?.slice(0, 200);
}
