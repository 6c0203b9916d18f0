import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import { planMarker } from "../../../schema/github/plan-comment.ts";
import { temporaryDirectory, testRepository } from "../../git/repository.ts";
import { type Hosted, hostFlags, temporaryFile, workflowRun } from "../../github/hosted.ts";
import { runScript } from "../setup/run.ts";

// Timeout of a test that starts many processes on a small machine.
vi.setConfig({ testTimeout: 240_000 });

const file = "flags/nutrition/recipe_import.yaml";
const flag = (enabled: boolean, description = "Import a recipe") =>
  `description: ${JSON.stringify(description)}\nenabled: ${enabled}\nowner: nutrition\n`;

/** A pull request that turns a flag on, as #1. */
async function proposed(description?: string) {
  const hosted = await hostFlags({ [file]: flag(false) });
  hosted.clone.switch("topic");
  const commit = hosted.clone.change(1_725_105_660, { [file]: flag(true, description) });
  hosted.push();
  hosted.github.openPull({ branch: "topic", sha: commit, title: "Turn it on" });
  return { ...hosted, commit };
}

/** The two files of the run without permissions: the same for the same commit. */
function artifact({ clone }: Hosted) {
  const commit = clone.git("rev-parse", "HEAD");
  const made = artifacts.get(commit) ?? makeArtifact(clone.directory);
  artifacts.set(commit, made);
  return made;
}

const artifacts = new Map<string, ReturnType<typeof makeArtifact>>();

async function makeArtifact(directory: string) {
  const [plan, problems] = await Promise.all([
    runScript("plan", ["--format=json"], { in: directory }),
    runScript("validate", ["--format=json", "--today=2026-11-26"], { in: directory }),
  ]);
  return {
    plan: temporaryFile("plan.json", plan.stdout),
    problems: temporaryFile("problems.json", problems.stdout),
  };
}

type Artifact = Awaited<ReturnType<typeof artifact>>;

function comment(
  { github }: Hosted,
  files: Artifact,
  env: Record<string, string>,
  ...more: string[]
) {
  const args = ["--plan", files.plan, "--problems", files.problems, "--today=2026-11-26", ...more];
  return runScript("comment", args, {
    in: temporaryDirectory(),
    env: { ...github.env, ...env },
  });
}

describe.concurrent("comment", () => {
  test("writes the plan into one comment on the pull request of the run", async () => {
    const hosted = await proposed();
    const { github, clone, commit } = hosted;
    github.comment(1, "ada", "Please have a look");
    const first = await comment(
      hosted,
      await artifact(hosted),
      workflowRun({ commit, branch: "topic" }),
    );
    expect(first.stderr).toBe("");
    expect(first.stdout).toMatch(/^Comment on #1: created https:\S+#issuecomment-\d+\n$/);
    const [, body = ""] = github.comments(1);
    expect(body).toContain(
      `**\`recipe_import\` turns on in application, staging and development.**`,
    );
    expect(body).toContain("| `recipe_import` | **off → on** | **off → on** | **off → on** |");
    expect(body).toContain("-f commit=");

    // An equal comment is not written again.
    const again = await comment(
      hosted,
      await artifact(hosted),
      workflowRun({ commit, branch: "topic" }),
      "--format=json",
    );
    expect(JSON.parse(again.stdout)).toMatchObject({ pullRequest: 1, action: "unchanged" });
    expect(github.requests.filter(({ method }) => method !== "GET")).toHaveLength(1);

    // The pull request has a newer commit: the result of the older run is out of date.
    const files = await artifact(hosted);
    const next = clone.change(1_725_105_720, { [file]: flag(false, "Import any recipe") });
    hosted.push();
    const late = await comment(hosted, files, workflowRun({ commit, branch: "topic" }));
    expect(late).toMatchObject({ code: 0, stdout: "" });
    expect(late.stderr).toContain("No open pull request is at this commit any more");
    const run = workflowRun({ commit: next, branch: "topic" });
    const updated = await comment(hosted, await artifact(hosted), run);
    expect(updated.stdout).toMatch(/^Comment on #1: updated /);
    expect(github.comments(1)).toHaveLength(2);
    expect(github.comments(1)[1]).toContain("`recipe_import` stays as it is; description changes");
  });

  test("finds the pull request of a fork, and no other of the same branch or commit", async () => {
    const hosted = await proposed();
    const { github, commit } = hosted;
    github.openPull({ owner: "eve", branch: "topic", sha: commit });
    github.openPull({ owner: "mallory", branch: "topic", sha: commit });
    const files = await artifact(hosted);
    const { code } = await comment(
      hosted,
      files,
      workflowRun({ commit, branch: "topic", owner: "eve" }),
    );
    expect(code).toBe(0);
    expect([1, 2, 3].map((number) => github.comments(number).length)).toEqual([0, 1, 0]);
  });

  test("finds the pull request by the event, or by the option", async () => {
    const hosted = await proposed();
    const event = { action: "opened", pull_request: { number: 1 } };
    const env = { GITHUB_EVENT_PATH: temporaryFile("event.json", JSON.stringify(event)) };
    const files = await artifact(hosted);
    expect((await comment(hosted, files, env)).stdout).toContain("Comment on #1: created");
    const named = await comment(hosted, files, {}, "--pull-request=1");
    expect(named.stdout).toContain("Comment on #1: is up to date");
    const unknown = await comment(hosted, files, {}, "--pull-request=9");
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('Cannot read pull request #9 in "mealtrack/flags": found 404');
    const none = await comment(hosted, files, {});
    expect(none.code).toBe(2);
    expect(none.stderr).toContain(
      "wanted a workflow_run or pull_request event, or --pull-request N",
    );
  });

  test("shows only the problems if there is no plan", async () => {
    const hosted = await proposed();
    hosted.clone.change(1_725_105_720, { [file]: "enabled: on\ndescription: Import\n" });
    hosted.push();
    const commit = hosted.clone.git("rev-parse", "HEAD");
    const run = workflowRun({ commit, branch: "topic" }, "failure");
    await comment(hosted, await artifact(hosted), run);
    const [body = ""] = hosted.github.comments(1);
    expect(body).toContain("**Cannot be merged: 1 problem in flag files.**");
    expect(body).toContain(`${file}:1:10: Cannot read "enabled" as "on"`);
    const gone = { plan: "/no/plan.json", problems: "/no/problems.json" };
    await comment(hosted, gone, run);
    expect(hosted.github.comments(1)[0]).toContain("the flags could not be read");
  });

  test("shows a hostile description as text, and ignores a forged marker", async () => {
    const hostile = `@everyone </details> <script>alert(1)</script> \`\`\` ${planMarker} | \${{ secrets.X }}`;
    const hosted = await proposed(hostile);
    const { github, commit } = hosted;
    github.comment(1, "eve", `${planMarker}\n\n**Nothing changes for consumers.**`);
    await comment(hosted, await artifact(hosted), workflowRun({ commit, branch: "topic" }));
    const [forged, body = ""] = github.comments(1);
    expect(forged).toContain("Nothing changes");
    expect(body.startsWith(planMarker)).toBe(true);
    expect(body).toContain(hostile);
    expect(body.replace(/^(`{3,})\w*\n[\s\S]*?\n\1$/gm, "")).not.toMatch(
      /everyone|script>|secrets/,
    );
  });

  test("is one comment if two run at once", async () => {
    const hosted = await proposed();
    const { github, commit } = hosted;
    const files = await artifact(hosted);
    const run = workflowRun({ commit, branch: "topic" });
    const all = await Promise.all([1, 2].map(() => comment(hosted, files, run)));
    expect(all.map(({ code, stderr }) => [code, stderr])).toEqual([1, 2].map(() => [0, ""]));
    expect(github.comments(1)).toHaveLength(1);
  });

  test.each(["secondary-limit", "drop-after"] as const)(
    "writes one comment in spite of %s",
    async (kind) => {
      const hosted = await proposed();
      const { github, commit } = hosted;
      github.fault({ kind, on: "issues/create-comment" });
      const files = await artifact(hosted);
      const { code, stderr } = await comment(
        hosted,
        files,
        workflowRun({ commit, branch: "topic" }),
      );
      expect(code, stderr).toBe(0);
      expect(github.comments(1)).toHaveLength(1);
    },
  );

  test("names the permission that the token lacks, and not the token", async () => {
    const hosted = await proposed();
    const { github, commit } = hosted;
    const read = {
      login: "fork[bot]",
      isInstallation: true,
      permissions: { pull_requests: "read" },
    } as const;
    const GITHUB_TOKEN = github.issueToken(read);
    const files = await artifact(hosted);
    const env = { ...workflowRun({ commit, branch: "topic" }), GITHUB_TOKEN };
    const { code, stdout, stderr } = await comment(hosted, files, env);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain("GITHUB_TOKEN needs issues=write; pull_requests=write");
    expect(stderr).not.toContain(GITHUB_TOKEN);
  });

  test.each([
    ["is too large", (good: string) => `${" ".repeat(16_000_001)}${good}`],
    ["has a name that is none", (good: string) => good.replace('"recipe_import"', '"`x`"')],
  ])("refuses a plan that %s, and writes nothing", async (_what, forge) => {
    const hosted = await proposed();
    const { github, commit } = hosted;
    const files = await artifact(hosted);
    const plan = temporaryFile("plan.json", forge(readFileSync(files.plan, "utf8")));
    const run = workflowRun({ commit, branch: "topic" });
    const { code, stderr } = await comment(hosted, { ...files, plan }, run);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/^Cannot (accept a plan|read ".*plan\.json"): /);
    expect(github.requests).toEqual([]);
  });

  test("follows no link out of the artifact", async () => {
    const hosted = await proposed();
    const directory = temporaryDirectory();
    const link = path.join(directory, "plan.json");
    symlinkSync("/etc/passwd", link);
    mkdirSync(path.join(directory, "problems.json"));
    const problems = path.join(directory, "problems.json");
    for (const files of [
      { plan: link, problems: "/none" },
      { plan: "/none", problems },
    ]) {
      const { code, stderr } = await comment(hosted, files, {}, "--pull-request=1");
      expect(code).toBe(2);
      expect(stderr).toMatch(/^Cannot read .* wanted a plain file$/m);
    }
  });

  test("--dry-run prints the comment and writes nothing, for a person without a token, too", async () => {
    const hosted = await proposed();
    const { github, commit } = hosted;
    const files = await artifact(hosted);
    const dry = await comment(hosted, files, workflowRun({ commit, branch: "topic" }), "--dry-run");
    expect(dry.stdout).toMatch(/^<!-- bunting:plan -->\n\n\*\*`recipe_import` turns on/);
    expect(github.comments(1)).toEqual([]);
    const args = ["--plan", files.plan, "--dry-run"];
    const alone = await runScript("comment", args, { in: temporaryDirectory() });
    expect(alone).toMatchObject({ code: 0, stderr: "" });
    expect(alone.stdout).toContain(`For commit ${commit.slice(0, 7)}.`);
  });

  test("says with what it compares if the base is invalid", async () => {
    const repository = testRepository();
    const valid = repository.change(1_725_105_600, { [file]: flag(false) });
    const invalid = repository.change(1_725_105_660, { "bunting.yaml": "format: 9\n" });
    repository.switch("topic");
    repository.change(1_725_105_720, { "bunting.yaml": null, [file]: flag(true) });
    const args = ["--head=topic", "--dry-run"];
    const { code, stdout } = await runScript("comment", args, { in: repository.directory });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^<!-- bunting:plan -->\n\n\*\*`recipe_import` turns on/);
    expect(stdout).toContain(
      `\n\nThe change starts from ${invalid.slice(0, 7)}, which is invalid. This plan compares with ${valid.slice(0, 7)}, `,
    );
  });

  test.each([
    [[], "--head, or --plan and --problems are needed"],
    [["--plan=a", "--pull-request=x"], '--pull-request "x"'],
    [["--plan=a", "--pull-request=1"], "Cannot use GITHUB_TOKEN: it is not set"],
    [["--plan=a"], "hint: --dry-run without --pull-request needs no token"],
    [["--plan=a", "--today=soon"], '--today "soon"'],
  ])("%j is refused with exit 2", async (args, words) => {
    const { code, stdout, stderr } = await runScript("comment", args, { in: temporaryDirectory() });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(words);
  });
});
