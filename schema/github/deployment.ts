/** The result of publishing a commit as text: for the deployment, the pull request and the run. */
import { isCommit } from "../compile/manifest.ts";
import { outputs } from "../compile/outputs.ts";
import type { EnvironmentDiff } from "../plan/publication.ts";
import { capital, joined, pluralize, shortId } from "../text/show.ts";
import { inline } from "./markdown.ts";

/** The part of the output of `npm run publish -- --format json` that is used here. */
export interface Published {
  readonly status: "published" | "unchanged" | "planned" | "refused";
  readonly commit: string;
  /** The commit that was served before; missing if there was none. */
  readonly before?: string | undefined;
  readonly refusals: readonly string[];
  readonly diffs: readonly EnvironmentDiff[];
  /** How many changes exceed a limit and wait, and why. */
  readonly waiting: number;
  readonly reasons: readonly string[];
  /**
   * Missing if the run did not wait for the CDN. `at` is the time from which clients get the whole
   * release, as ISO 8601; missing if they do not yet.
   */
  readonly live?: { readonly at?: string | undefined; readonly pending: number } | undefined;
}

/** Parses `publish.json`. Throws if it is not valid. */
export function parsePublished(text: string): Published {
  const value = JSON.parse(text) ?? {};
  const { status, commit, before, refusals, publication, waiting, reasons, live } = value;
  const isKnown = ["published", "unchanged", "planned", "refused"].includes(status);
  if (!isKnown || !isCommit(commit) || !Array.isArray(refusals)) {
    const wanted = "what npm run publish -- --format json wrote";
    throw new Error(`Cannot read a publication: wanted ${wanted}`);
  }
  return {
    ...{ status, commit, refusals: refusals.map(String), diffs: publication?.diffs ?? [] },
    waiting: Array.isArray(waiting) ? waiting.length : 0,
    reasons: Array.isArray(reasons) ? reasons.map(String) : [],
    before: isCommit(before) ? before : undefined,
    live: live && { at: live.at, pending: live.pending?.length ?? 0 },
  };
}

export interface DeploymentResult {
  readonly state: "success" | "failure";
  readonly environment: string;
  readonly commit: string;
  readonly published: Published | undefined;
  /** When it started, as ISO 8601. */
  readonly started: string;
  /** The URLs that clients fetch from, and of the run; `""` if unknown. */
  readonly url: string;
  readonly log: string;
}

/** In a few words: `live after 23 s`, `live after 23 s, 3 changes wait`. */
export function describeDeploymentResult(result: DeploymentResult): string {
  const words = describeResult(result);
  const waiting = result.published?.waiting ?? 0;
  if (waiting === 0) return words;
  return `${words}, ${pluralize(waiting, "change waits", "changes wait")}`;
}

function describeResult({ state, published, started }: DeploymentResult): string {
  if (!published) return state === "success" ? "done" : "failed before anything was published";
  const { status, refusals, live } = published;
  if (status === "refused") return `refused: ${refusals.join("; ")}`;
  if (status === "planned") return "not published: it was a dry run";
  if (live?.at !== undefined) {
    const seconds = Math.max(0, Math.round((Date.parse(live.at) - Date.parse(started)) / 1_000));
    return `live after ${seconds} s`;
  }
  if (live) return `published, but ${live.pending} URLs are not live yet`;
  if (status === "unchanged") return "served already: nothing to publish";
  return state === "success" ? "published" : "published, and then it failed";
}

export function deploymentMarker(environment: string): string {
  return `<!-- bunting:deployment ${environment} -->`;
}

/** The comment on the pull request of the commit, and the summary of a run. */
export function formatDeploymentResult(result: DeploymentResult): string {
  const { state, environment, commit, published, url, log } = result;
  const words = describeDeploymentResult(result);
  // The reasons contain names that others chose.
  const outcome = published?.status === "refused" ? "refused" : words;
  const isWaiting = (published?.waiting ?? 0) > 0;
  const isPublished = state === "success" || (isWaiting && published?.live?.at !== undefined);
  const title = isPublished ? capital(outcome) : `Not live: ${outcome}`;
  const was = published?.before ? `, after \`${shortId(published.before)}\`` : "";
  const lines = [`**${title}** in ${environment}: \`${shortId(commit)}\`${was}.`, ""];
  if (published?.status === "refused")
    lines.push(...published.refusals.map((one) => `- ${inline(one)}`), "");
  for (const reason of published?.reasons ?? []) {
    lines.push(`- ${inline(reason)}: to publish what waits, run Publish with \`allow\``);
  }
  if (isPublished) lines.push(...(published?.diffs ?? []).flatMap(listDiff));
  if (lines.at(-1) !== "") lines.push("");
  const links = [
    ...(url === "" ? [] : [`[what clients get](${url.replace(/\/+$/, "")}${outputs.list.path})`]),
    ...(log === "" ? [] : [`[the run](${log})`]),
  ];
  return `${[...lines, ...(links.length === 0 ? [] : [`<sub>${links.join(" · ")}</sub>`])].join("\n").trimEnd()}\n`;
}

function listDiff({ environment, on, off, added, removed }: EnvironmentDiff): string[] {
  const kinds = { "turned on": on, "turned off": off, added, removed };
  return Object.entries(kinds).flatMap(([kind, names]) => {
    if (!Array.isArray(names) || names.length === 0) return [];
    const list = joined(
      names.map((name) => inline(String(name))),
      10,
    );
    return [`- ${inline(String(environment))}: ${kind} ${list}`];
  });
}
