import { readFileSync } from "node:fs";
import { isCommit } from "../../schema/compile/manifest.ts";
import {
  type DeploymentResult,
  deploymentMarker,
  describeDeploymentResult,
  formatDeploymentResult,
  parsePublished,
} from "../../schema/github/deployment.ts";
import { shortId } from "../../schema/text/show.ts";
import { readGit } from "../../store/git/git.ts";
import { keepComment } from "../../store/github/comments.ts";
import {
  readDeployment,
  setDeploymentStatus,
  startDeployment,
} from "../../store/github/deployments.ts";
import type { GitHub } from "../../store/github/github.ts";
import { findMergedPulls, type PullRequest } from "../../store/github/pulls.ts";
import { checkOption, checkUrl } from "../command/checks.ts";
import { defineCommand, UsageError } from "../command/command.ts";
import { shared } from "../command/options.ts";
import { addOutput, addStepSummary, writeResult } from "../command/report.ts";
import { connect } from "./connect.ts";
import { runUrl } from "./event.ts";

export const command = defineCommand({
  name: "deployment",
  summary:
    "Report a publication on GitHub as a deployment: start before it, finish after it; finish also comments on the pull requests that are live now.",
  operands: "start|finish",
  options: {
    commit: { value: "SHA", help: "start: the commit that is published, its full id" },
    environment: { value: "NAME", help: "start: as GitHub shows it", default: "production" },
    url: { value: "URL", help: "start: where clients fetch" },
    id: { value: "NUMBER", help: "finish: the id that start printed" },
    state: { value: "STATE", help: "finish: the result", choices: ["success", "failure"] },
    publication: { value: "FILE", help: "finish: the output of publish --format json" },
    started: {
      value: "TIME",
      help: "finish: when the publication started, ISO 8601 (default: at start)",
    },
    repo: shared.repo,
    format: shared.format,
  },
  async run(options, operands) {
    const [verb, ...others] = operands;
    if (others.length > 0 || (verb !== "start" && verb !== "finish")) {
      throw new UsageError(
        `Cannot run "${["deployment", ...operands].join(" ")}": expected start or finish`,
      );
    }
    return verb === "start" ? start(options) : finish(options);
  },
});

type Options = Readonly<
  Record<"commit" | "url" | "id" | "state" | "publication" | "started", string | undefined> &
    Record<"environment" | "format" | "repo", string>
>;

async function start(options: Options): Promise<0> {
  const { commit, environment, url = "", format } = options;
  checkOption(isCommit(commit), "commit", commit, "a commit's full id");
  checkOption(/^[\w-]{1,40}$/.test(environment), "environment", environment, "one word");
  if (url !== "") checkUrl("url", url);
  const log = runUrl() ?? "";
  const { id } = await startDeployment(connect(), { commit, environment, url, log });
  writeResult(format, { id }, String(id));
  addOutput("id", String(id));
  return 0;
}

async function finish(options: Options): Promise<0> {
  const { id = "", state, publication, format } = options;
  checkOption(/^[1-9]\d{0,15}$/.test(id), "id", id, "the number that start printed");
  checkOption(state === "success" || state === "failure", "state", state, "success or failure");
  const published = publication === undefined ? undefined : readPublished(publication);
  const github = connect();
  const deployment = await readDeployment(github, Number(id));
  const started = options.started ?? deployment.started;
  checkOption(!Number.isNaN(Date.parse(started)), "started", started, "a time in ISO 8601");
  const { commit, environment, url } = deployment;
  const log = runUrl() ?? "";
  const result: DeploymentResult = { state, environment, commit, published, started, url, log };
  const description = describeDeploymentResult(result);
  await setDeploymentStatus(github, deployment.id, { state, description, url, log });

  addStepSummary(formatDeploymentResult(result));
  const marker = deploymentMarker(environment);
  const pulls = await findPublishedPulls(github, options.repo, commit, published?.before);
  for (const { number } of pulls) {
    await keepComment(github, number, marker, `${marker}\n\n${formatDeploymentResult(result)}`);
  }
  const pullRequests = pulls.map(({ number }) => number);
  const where = pullRequests.map((number) => `, commented on #${number}`).join("");
  const text = `Deployment ${id} of ${shortId(commit)}: ${state}, ${description}${where}`;
  writeResult(format, { id: deployment.id, state, description, pullRequests }, text);
  return 0;
}

/**
 * The merged pull requests that this publication made live. GitHub replaces a waiting run by the next
 * one, so one publication may contain several merges: all commits since the one that was served before.
 */
async function findPublishedPulls(
  github: GitHub,
  repo: string,
  commit: string,
  before: string | undefined,
): Promise<PullRequest[]> {
  const since = before === undefined ? [] : await listCommits(repo, before, commit);
  const pulls = new Map<number, PullRequest>();
  for (const each of new Set([commit, ...since])) {
    for (const pull of await findMergedPulls(github, each)) pulls.set(pull.number, pull);
  }
  return [...pulls.values()];
}

/** The newest commits along the branch; none without a clone that has them. */
async function listCommits(repo: string, before: string, commit: string): Promise<string[]> {
  const options = ["--first-parent", `--max-count=${maxCommits}`, "--end-of-options"];
  const args = ["rev-list", ...options, commit, `^${before}`];
  const list = await readGit(repo, args).catch(() => "");
  return list.split("\n").filter((line) => line !== "");
}

/** Each commit costs one request to GitHub. */
const maxCommits = 50;

function readPublished(file: string) {
  try {
    return parsePublished(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`Cannot use --publication "${file}": ${(error as Error).message}`);
  }
}
