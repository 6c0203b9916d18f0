/// <reference path="../../setup/provided.d.ts" />
/**
 * The project on GitHub: events there start its workflows, which run here, against a fake GitHub, an S3
 * in this process, and a CDN in front of that.
 *
 *     const site = await startSite();
 *     const [run] = await site.push({ "flags/a/b.yaml": "enabled: true\n" });
 *     expect(run.conclusion).toBe("success");
 */
import { writeFileSync } from "node:fs";
import path from "node:path";
import { inject } from "vitest";
import { type Files, temporaryDirectory } from "../../git/repository.ts";
import { type FakeGitHub, startGitHub } from "../../github/fake.ts";
import type { Issue } from "../../github/state.ts";
import { type S3Double, startS3Double } from "../../s3/double.ts";
import { bareEnvironment } from "../../scripts/setup/run.ts";
import { cleanUpAfterFile } from "../../setup/test-file.ts";
import type { Source } from "../runner/host.ts";
import { type Run, runWorkflow } from "../runner/run.ts";
import { parseWorkflow, type Workflow } from "../runner/workflow.ts";
import { type Attested, fakeActions, type Stage } from "./actions.ts";
import { startCommandServer } from "./command-server.ts";
import { type Edge, startEdge } from "./edge.ts";
import { dispatched, ended, pulled, pushed, scheduled, type TriggerEvent } from "./events.ts";
import { commitOn, makeOrigin, type Origin } from "./origin.ts";
import { inputsOf, starts } from "./triggers.ts";

/** The secrets of the repository. */
export const secret = "github_pat_secret";
const role = "arn:aws:iam::123456789012:role/publisher";
/** A directory that is first in PATH. */
const tools = path.join(import.meta.dirname, "../tools");
/** The time for which the CDN caches responses, in milliseconds. */
const cdnAge = 300;

export class Site {
  readonly github: FakeGitHub;
  readonly s3: S3Double;
  readonly cdn: Edge;
  readonly origin: Origin;
  readonly attested: Attested[] = [];
  /** Every run, in the order in which they ended. */
  readonly runs: Run[] = [];
  /** By environment; those under `""` are the repository's own. */
  readonly vars: Record<string, Record<string, string>>;
  readonly secrets: Record<string, string> = {};
  /** Variables of the machine that runs the jobs. */
  readonly env: Record<string, string> = {};
  /** The directory in which `git clone` finds other repositories, if a step needs one. */
  serverUrl: string | undefined;
  #time = 1_790_000_000;
  /** By the id of the file's object. */
  readonly #workflows = new Map<string, Workflow>();
  readonly #stage: Stage;

  constructor(origin: Origin, github: FakeGitHub, s3: S3Double, cdn: Edge) {
    [this.origin, this.github, this.s3, this.cdn] = [origin, github, s3, cdn];
    this.#stage = {
      bare: origin.bare,
      s3,
      role,
      repository: github.repository,
      attested: this.attested,
    };
    this.vars = {
      "": { CDN_URL: cdn.url },
      production: { AWS_ROLE_ARN: role, AWS_REGION: s3.region, PUBLISH_TARGET: "s3://flags/live" },
    };
  }

  /** Commits to main, and runs what that starts. */
  async push(files: Files): Promise<Run[]> {
    const before = this.head;
    commitOn(this.origin, "main", this.#tick(), files);
    return this.happen(pushed(this.github, before));
  }

  /** Commits to a branch, which starts nothing here, and returns the commit. */
  branch(name: string, files: Files): string {
    return commitOn(this.origin, name, this.#tick(), files);
  }

  /** A pull request from a branch of ours, or of a fork's (`owner`). */
  async openPull(
    branch: string,
    files: Files,
    owner?: string,
  ): Promise<{ issue: Issue; runs: Run[] }> {
    const sha = commitOn(this.origin, branch, this.#tick(), files);
    const issue = this.github.openPull({ branch, sha, ...(owner === undefined ? {} : { owner }) });
    return { issue, runs: await this.happen(pulled(this.github, issue, "opened")) };
  }

  /** More commits on a pull request's branch. */
  async pushTo(issue: Issue, files: Files): Promise<Run[]> {
    const { pull } = issue;
    if (!pull) throw new Error(`Cannot push to #${issue.number}: it is no pull request`);
    pull.sha = commitOn(this.origin, pull.branch, this.#tick(), files);
    this.origin.bare.git("update-ref", `refs/pull/${issue.number}/head`, pull.sha);
    return this.happen(pulled(this.github, issue, "synchronize"));
  }

  /** Merges like a person in the browser. */
  async merge(issue: Issue): Promise<Run[]> {
    const before = this.head;
    this.github.merge(issue.number);
    return this.happen(pushed(this.github, before));
  }

  /** Runs a workflow by hand, as by Actions → NAME → Run workflow. */
  async ask(name: string, inputs: Readonly<Record<string, unknown>> = {}): Promise<Run> {
    return this.#only(name, dispatched(this.github, inputs));
  }

  /** Runs a workflow by its schedule. */
  async runScheduled(name: string): Promise<Run> {
    return this.#only(name, scheduled(this.github));
  }

  get head(): string {
    return this.origin.bare.git("rev-parse", "refs/heads/main");
  }

  /** The response that clients get at a path. */
  async served(urlPath: string): Promise<unknown> {
    return (await fetch(this.cdn.url + urlPath)).json();
  }

  /** Runs every workflow that `happening` starts, and those that their ends start. */
  async happen(happening: TriggerEvent): Promise<Run[]> {
    const all = this.#workflowsAt(happening.sha);
    const started = all.filter((workflow) => starts(workflow, happening));
    const runs: Run[] = [];
    for (const workflow of started) {
      const [id, run] = await this.#run(workflow, happening);
      runs.push(run);
      const next = ended(this.github, happening, {
        id,
        workflow: run.workflow,
        conclusion: run.conclusion,
      });
      if (happening.name !== "workflow_run") runs.push(...(await this.happen(next)));
    }
    return runs;
  }

  async #only(name: string, happening: TriggerEvent): Promise<Run> {
    const workflow = this.#workflowsAt(happening.sha).find((one) => one.name === name);
    if (!workflow || !starts(workflow, happening)) {
      throw new Error(`Cannot run "${name}": no workflow of that name starts by ${happening.name}`);
    }
    return (await this.#run(workflow, happening))[1];
  }

  async #run(workflow: Workflow, happening: TriggerEvent): Promise<[id: number, run: Run]> {
    const { host, apiUrl, repository } = this.github;
    const id = 5_000 + this.runs.length;
    const event_path = path.join(temporaryDirectory(), "event.json");
    writeFileSync(event_path, JSON.stringify(happening.payload));
    const github = {
      ...{ event_name: happening.name, event: happening.payload, event_path },
      ...{
        ref: happening.ref,
        ref_name: happening.ref.replace("refs/heads/", ""),
        sha: happening.sha,
      },
      ...{ repository, repository_owner: host.owner, actor: "ada", workflow: workflow.name },
      ...{ run_id: String(id), run_number: "1", run_attempt: "1", actions: true },
      ...{ api_url: apiUrl, server_url: this.serverUrl ?? host.web },
    };
    const run = await runWorkflow(workflow, {
      ...{ github, inputs: inputsOf(workflow, happening), vars: this.vars },
      secrets: { STALE_SOURCES_TOKEN: secret, ...this.secrets },
      isStrangers: happening.isStrangers,
      actions: fakeActions(this.#stage),
      source: { repository, sha: happening.sha },
      findReusable: (uses, source) => this.#findReusable(uses, source),
      env: {
        ...bareEnvironment,
        ...{ CI: "true", PATH: `${tools}:${bareEnvironment.PATH}` },
        BUNTING_PROGRAM: inject("program"),
        ...this.env,
      },
      lend: (permissions) => this.#lend(permissions),
    });
    this.runs.push(run);
    return [id, run];
  }

  /** A token with these permissions that the fake GitHub accepts until the job ends. */
  #lend(permissions: Readonly<Record<string, string>>) {
    const areas = Object.entries(permissions).map(([area, level]) => [
      area.replace("-", "_"),
      level,
    ]);
    const token = this.github.issueToken({
      login: "github-actions[bot]",
      isInstallation: true,
      permissions: Object.fromEntries(areas),
    });
    return { token, end: () => void this.github.state.users.delete(token) };
  }

  #findReusable(uses: string, source: Source): { workflow: Workflow; source: Source } {
    const file = /^(?:\.|[\w.-]+\/[\w.-]+)\/(\.github\/workflows\/[\w.-]+)(?:@(.+))?$/.exec(
      uses,
    )?.[1];
    if (file === undefined) throw new Error(`Cannot call "${uses}": it is no workflow file`);
    const text = this.origin.bare.git("show", `${source.sha}:${file}`);
    return { workflow: parseWorkflow(text), source };
  }

  #workflowsAt(sha: string): Workflow[] {
    const { bare } = this.origin;
    const entries = bare.git("ls-tree", sha, ".github/workflows/").split("\n");
    return entries.map((entry) => {
      const [, , object = ""] = entry.split(/\s/);
      const workflow = this.#workflows.get(object) ?? parseWorkflow(bare.git("show", object));
      this.#workflows.set(object, workflow);
      return workflow;
    });
  }

  #tick(): number {
    this.#time += 60;
    return this.#time;
  }
}

export async function startSite(): Promise<Site> {
  const origin = makeOrigin();
  const github = await startGitHub(origin.bare);
  const s3 = await startS3Double({ bucket: "flags", publicRead: true, publicList: true });
  const cdn = await startEdge(`${s3.endpoint}/flags/live`, cdnAge);
  const site = new Site(origin, github, s3, cdn);
  site.env.BUNTING_COMMANDS = await startCommandServer();
  cleanUpAfterFile(() => Promise.all([s3.close(), cdn.close()]));
  return site;
}
