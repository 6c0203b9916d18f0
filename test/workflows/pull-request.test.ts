// biome-ignore-all lint/suspicious/noTemplateCurlyInString: GitHub's expressions look like it
import { readFileSync } from "node:fs";
import { afterEach, beforeAll, expect, test } from "vitest";
import { parseAnnotations } from "./runner/commands.ts";
import type { Run } from "./runner/run.ts";
import { conclusionsOf } from "./site/conclusions.ts";
import { queued } from "./site/events.ts";
import { flags } from "./site/origin.ts";
import { type Site, secret, startSite } from "./site/site.ts";

const file = "flags/nutrition/recipe_import.yaml";
const off = flags[file];
const on = off.replace("enabled: false", "enabled: true");

/** Timeout of a test that runs workflows on a busy machine. */
const timeoutMs = 400_000;

let site: Site;
beforeAll(async () => {
  site = await startSite();
});

/** No run for a pull request has secrets or may write, except that of the comment. */
afterEach(() => {
  for (const run of site.runs.filter(({ workflow }) => workflow === "Validate")) {
    for (const { permissions, log } of Object.values(run.jobs)) {
      for (const level of Object.values(permissions)) expect(level).toBe("read");
      expect(log).not.toContain(secret);
    }
  }
});

const success = {
  ...{ Tests: "success", Validate: "success" },
  ...{ "Plan comment": "success", Approval: "success" },
};

const named = (runs: readonly Run[], name: string) =>
  runs.find(({ workflow }) => workflow === name);

test("a pull request gets a comment with its plan", { timeout: timeoutMs }, async () => {
  const { issue, runs } = await site.openPull("import", { [file]: on });
  expect(conclusionsOf(runs)).toEqual(success);
  // Only flags change, so there is nothing to test.
  expect(named(runs, "Tests")?.jobs.node?.result).toBe("skipped");
  expect(named(runs, "Validate")?.concurrency).toEqual({
    group: `validate-${issue.number}`,
    cancels: true,
  });
  expect(named(runs, "Validate")?.jobs.flags?.summary).toMatch(/recipe_import.*off → on/s);
  const [comment, ...others] = site.github.state.comments.values();
  expect(others).toEqual([]);
  expect(comment).toMatchObject({ issue: issue.number, author: "github-actions[bot]" });
  expect(comment?.body).toMatch(/recipe_import.*off → on/s);
  expect(comment?.body).not.toContain("It also changes");
  expect(site.github.status(issue.pull?.sha ?? "", "Approval")?.state).toBe("success");
});

test("a second push updates the same comment, and a mistake is annotated on its line", {
  timeout: timeoutMs,
}, async () => {
  const [issue] = site.github.state.issues.values();
  if (!issue) throw new Error("Cannot go on without the pull request of the test before");
  const runs = await site.pushTo(issue, { [file]: off.replace("false", "maybe") });
  const validate = named(runs, "Validate");
  expect(validate?.conclusion).toBe("failure");
  expect(parseAnnotations(validate?.jobs.flags?.log ?? "")).toContainEqual(
    expect.objectContaining({ severity: "error", file, line: "2", col: "10", title: "wrong-type" }),
  );
  const steps = validate?.jobs.flags?.steps.map(({ name, outcome }) => `${name} ${outcome}`);
  expect(steps).toEqual(
    expect.arrayContaining(["Validate failure", "Build skipped", "Plan skipped"]),
  );
  expect(named(runs, "Plan comment")?.conclusion).toBe("success");
  const comments = site.github.comments(issue.number);
  expect(comments).toHaveLength(1);
  expect(comments[0]).toContain("wrong-type");
});

test("a fork's pull request gets its comment and its tests, and no secret", {
  timeout: timeoutMs,
}, async () => {
  const files = { [file]: on, "README.md": "# Other\n" };
  const { issue, runs } = await site.openPull("theirs", files, "stranger");
  expect(conclusionsOf(runs)).toEqual(success);
  expect(runs.map(({ refused }) => refused)).toEqual([[], [], [], []]);
  expect(named(runs, "Tests")?.jobs.node?.log).toMatch(/(All tests ran\n.*){3}/s);
  const [comment] = site.github.comments(issue.number);
  expect(comment).toMatch(/recipe_import.*off → on/s);
  expect(comment).toContain("It also changes 1 file outside of the flags:** `README.md`");
});

test("a fork that rewrites the workflow gets no rights, and cannot forge the plan", {
  timeout: timeoutMs,
}, async () => {
  const greedy = readFileSync(".github/workflows/validate.yml", "utf8")
    .replace("contents: read", "contents: write\n      pull-requests: write\n      id-token: write")
    .replace(
      "      - name: Format\n",
      `      - name: Steal
        env:
          KEY: \${{ secrets.STALE_SOURCES_TOKEN }}
          TOKEN: \${{ github.token }}
        run: |
          echo "secret: [$KEY]"
          curl -s -o answer -w "write: %{http_code}\\n" -X POST -A thief -H "Authorization: Bearer $TOKEN" \\
            -d '{"body": "mine"}' "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/1/comments"
          mkdir pull-request
          echo '{"flags": [], "responses": []}' >pull-request/plan.json
          exit 1
      - name: Format
`,
    );
  const { issue, runs } = await site.openPull(
    "greedy",
    { ".github/workflows/validate.yml": greedy, [file]: on },
    "stranger",
  );
  const validate = named(runs, "Validate");
  expect(validate?.refused).toEqual(
    expect.arrayContaining([
      "contents: write",
      "id-token: write",
      expect.stringContaining("secrets."),
    ]),
  );
  expect(validate?.jobs.flags?.log).toContain("secret: []\nwrite: 403\n");
  const [comment, ...others] = site.github.comments(issue.number);
  expect(others).toEqual([]);
  expect(comment).toMatch(/recipe_import.*off → on/s);
  expect(comment).toContain("outside of the flags:** `.github/workflows/validate.yml`");
  expect(comment).toContain("But the checks failed.");
});

test("a merge queue gets its checks", { timeout: timeoutMs }, async () => {
  const base = site.head;
  const sha = site.branch("gh-readonly-queue/main/pr-1", { [file]: on });
  const runs = await site.happen(queued(site.github, base, sha));
  expect(conclusionsOf(runs)).toEqual({ ...success, "Plan comment": "skipped" });
  expect(site.github.status(sha, "Approval")?.state).toBe("success");
  expect(named(runs, "Validate")?.jobs.flags?.summary).toMatch(/recipe_import.*off → on/s);
});
