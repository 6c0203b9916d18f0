import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import { temporaryDirectory } from "../../git/repository.ts";
import { hostFlags, temporaryFile } from "../../github/hosted.ts";
import { runScript } from "../setup/run.ts";

// Timeout of a test that starts many processes on a small machine.
vi.setConfig({ testTimeout: 240_000 });

const file = "flags/nutrition/recipe_import.yaml";
const flag = (enabled: boolean) => `description: Import\nenabled: ${enabled}\nowner: nutrition\n`;

/** A pull request, #1, merged by a commit of its own. */
async function merged() {
  const { github, clone, push } = await hostFlags({ [file]: flag(false) });
  clone.switch("topic");
  const sha = clone.change(1_725_105_660, { [file]: flag(true) });
  push();
  github.openPull({ branch: "topic", sha });
  const commit = github.merge(1);
  const directory = temporaryDirectory();
  const files = {
    output: path.join(directory, "output"),
    summary: path.join(directory, "summary"),
  };
  const env = {
    GITHUB_OUTPUT: files.output,
    GITHUB_STEP_SUMMARY: files.summary,
    GITHUB_RUN_ID: "42",
  };
  const deployment = (...args: string[]) =>
    runScript("deployment", args, { in: directory, env: { ...github.env, ...env } });
  const deployments = () =>
    [...github.state.deployments.values()].map(({ environment, statuses }) => ({
      environment,
      statuses: statuses.map(({ state, description }) => `${state}: ${description}`),
    }));
  return { github, commit, files, deployment, deployments };
}

const cdn = "https://cdn.example.com";

function published(commit: string, more: object = {}) {
  const turns = {
    environment: "application",
    added: [],
    removed: [],
    on: ["recipe_import"],
    off: [],
  };
  const outcome = { status: "published", commit, before: "b".repeat(40), refusals: [] };
  return temporaryFile(
    "publish.json",
    JSON.stringify({ ...outcome, publication: { diffs: [turns] }, ...more }),
  );
}

describe.concurrent("deployment", () => {
  test("is started, goes live, and is reported in the pull request and the summary", async () => {
    const { github, commit, files, deployment, deployments } = await merged();
    const started = await deployment("start", "--commit", commit, "--url", cdn);
    expect(started).toMatchObject({ code: 0, stderr: "" });
    const id = started.stdout.trim();
    expect(readFileSync(files.output, "utf8")).toBe(`id=${id}\n`);
    // A second start for the same commit continues the deployment.
    expect((await deployment("start", "--commit", commit, "--format=json")).stdout).toBe(
      `{"id":${id}}\n`,
    );
    expect(deployments()).toEqual([
      { environment: "production", statuses: ["in_progress: publishing"] },
    ]);

    const live = { url: cdn, seconds: 3.1, at: "2026-11-26T12:00:23.400Z", pending: [] };
    const publication = published(commit, { live });
    const finish = ["finish", "--id", id, "--state=success", "--started=2026-11-26T12:00:00Z"];
    const finished = await deployment(...finish, "--publication", publication);
    expect(finished.stdout).toBe(
      `Deployment ${id} of ${commit.slice(0, 7)}: success, live after 23 s, commented on #1\n`,
    );
    // Like a job that is run again.
    await deployment(...finish, "--publication", publication);
    const [only] = github.state.deployments.values();
    expect(deployments()[0]?.statuses).toEqual([
      "in_progress: publishing",
      "success: live after 23 s",
    ]);
    expect(only?.statuses.at(-1)).toMatchObject({
      environment_url: cdn,
      log_url: "https://github.example/mealtrack/flags/actions/runs/42",
    });
    const [comment, ...others] = github.comments(1);
    expect(others).toEqual([]);
    expect(comment).toContain(
      `**Live after 23 s** in production: \`${commit.slice(0, 7)}\`, after \`bbbbbbb\`.`,
    );
    expect(comment).toContain("- `application`: turned on `recipe_import`");
    expect(comment).toContain(`[what clients get](${cdn}/v1/feature-flags/)`);
    expect(readFileSync(files.summary, "utf8")).toContain("**Live after 23 s** in production");
  });

  test("reports why nothing was published", async () => {
    const { github, commit, deployment, deployments } = await merged();
    const { stdout: id } = await deployment("start", "--commit", commit, "--environment=staging");
    const refusals = ["it removes `9` of 10 flags, @everyone", "x".repeat(300)];
    const publication = published(commit, { status: "refused", refusals, before: undefined });
    const finish = ["finish", "--id", id.trim(), "--state=failure"];
    expect((await deployment(...finish, "--publication", publication)).code).toBe(0);
    expect(deployments()[0]?.statuses.at(-1)).toMatch(/^failure: refused: it removes .{110,}$/);
    const [comment] = github.comments(1);
    expect(comment).toContain("**Not live: refused** in staging");
    expect(comment).toContain("- `` it removes `9` of 10 flags, @everyone ``");
    // The publication crashed before it wrote its result.
    await deployment(...finish);
    expect(deployments()[0]?.statuses.at(-1)).toBe("failure: failed before anything was published");
    expect(github.comments(1)).toHaveLength(1);
  });

  test("is one if two start at once, and one if the answer is lost", async () => {
    const { github, commit, deployment, deployments } = await merged();
    github.fault({ kind: "drop-after", on: "repos/create-deployment" });
    const start = () => deployment("start", "--commit", commit);
    const both = await Promise.all([start(), start()]);
    expect(both.map(({ code, stderr }) => [code, stderr])).toEqual([
      [0, ""],
      [0, ""],
    ]);
    expect(new Set(both.map(({ stdout }) => stdout)).size).toBe(1);
    const active = deployments().filter(({ statuses }) => !statuses.at(-1)?.startsWith("inactive"));
    expect(active).toHaveLength(1);
  });

  test.each([
    [[], 'Cannot run "deployment": expected start or finish'],
    [["begin"], 'Cannot run "deployment begin": expected start or finish'],
    [["start"], "Cannot use --commit: it is missing or empty; it must be "],
    [["start", "--commit=main"], 'Cannot use --commit "main"'],
    [["start", `--commit=${"a".repeat(40)}`, "--environment=a b"], '--environment "a b"'],
    [["start", `--commit=${"a".repeat(40)}`, "--url=javascript:x"], '--url "javascript:x"'],
    [["finish", "--state=success"], "Cannot use --id: it is missing or empty; it must be "],
    [["finish", "--id=1"], "Cannot use --state: it is missing or empty; it must be "],
    [["finish", "--id=1", "--state=success", "--publication=/none"], '--publication "/none"'],
  ])("%j is refused with exit 2", async (args, words) => {
    const { code, stdout, stderr } = await runScript("deployment", args, {
      in: temporaryDirectory(),
    });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(words);
  });
});
