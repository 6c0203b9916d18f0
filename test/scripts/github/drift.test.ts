import { describe, expect, test, vi } from "vitest";
import { driftMarker } from "../../../schema/github/drift-issue.ts";
import { temporaryDirectory } from "../../git/repository.ts";
import { type CdnAnswer, releaseOf, startCdn } from "../../github/cdn.ts";
import { hostFlags } from "../../github/hosted.ts";
import { runScript } from "../setup/run.ts";

// Timeout of a test that starts many processes on a small machine.
vi.setConfig({ testTimeout: 240_000 });

const [meals, recipes] = ["flags/meals.yaml", "flags/recipes.yaml"];
const flag = (enabled: boolean) => `description: Plan\nenabled: ${enabled}\nowner: nutrition\n`;
const path = "/v1/feature-flags/meals";

/** Two commits, and a CDN that serves the first. */
async function startOutdatedCdn() {
  const { clone, github } = await hostFlags({ [meals]: flag(false), [recipes]: flag(true) });
  const old = await releaseOf(clone.directory, "HEAD");
  const commit = clone.change(1_725_105_660, { [meals]: flag(true), [recipes]: null });
  const current = await releaseOf(clone.directory, "HEAD");
  const cdn = await startCdn(old);
  const drift = (...args: string[]) =>
    runScript("drift", ["--cdn", cdn.url, ...args], { in: clone.directory, env: github.env });
  return { clone, github, cdn, old, current, commit, drift };
}

const json = { "content-type": "application/json" };

function withHeader({ status, headers }: CdnAnswer, name: string, value: string): CdnAnswer {
  return { status, headers: { ...headers, [name]: value } };
}

const open = ({ state }: { state: string }) => state === "open";

describe.concurrent("drift", () => {
  test("keeps one issue open while the CDN differs, and closes it afterwards", async () => {
    const { github, cdn, old, current, commit, drift } = await startOutdatedCdn();
    const first = await drift();
    expect(first).toMatchObject({ code: 1, stderr: "" });
    expect(first.stdout).toContain(`${cdn.url} and ${commit.slice(0, 7)} differ in 9 of 9 URLs:\n`);
    expect(first.stdout).toContain("\nIssue #1: opened\n");
    const [issue] = github.state.issues.values();
    expect(issue).toMatchObject({
      title: "The CDN does not serve what the branch says",
      labels: ["drift"],
    });
    expect(issue?.body.startsWith(driftMarker)).toBe(true);
    expect(issue?.body).toMatch(/^\/v1\/feature-flags\/meals {5,}other bytes$/m);
    expect(issue?.body).toMatch(/^\/v1\/feature-flags\/recipes +a flag that is gone$/m);

    expect((await drift()).stdout).toContain("Issue #1: unchanged");
    cdn.bodies.delete(path);
    expect((await drift()).stdout).toContain("Issue #1: updated");
    expect(issue?.body).toMatch(/^\/v1\/feature-flags\/meals +nothing$/m);

    for (const gone of old.keys()) cdn.bodies.delete(gone);
    for (const [at, body] of current) cdn.bodies.set(at, body);
    cdn.answers.length = 0;
    const agreed = await drift("--format=json");
    expect(agreed.code).toBe(0);
    expect(JSON.parse(agreed.stdout)).toMatchObject({
      agrees: true,
      commit,
      asked: 6,
      issue: { number: 1, action: "closed" },
    });
    expect(issue).toMatchObject({ state: "closed", state_reason: "completed" });
    expect(github.comments(1)).toEqual([
      `\`${cdn.url}\` serves all 6 URLs as in commit \`${commit}\`.`,
    ]);
    expect((await drift()).stdout).not.toContain("Issue");
    expect(github.state.issues.size).toBe(1);
  });

  test("does not report a publication in progress", async () => {
    const { clone, github, cdn, old, drift } = await startOutdatedCdn();
    clone.change(Math.floor(Date.now() / 1_000), { [meals]: flag(false), [recipes]: flag(false) });
    const next = await releaseOf(clone.directory, "HEAD");
    expect(next.get(path)).not.toBe(old.get(path));
    // It goes live a moment after the first request.
    cdn.before = (url) => {
      if (url !== "/v1/feature-flags/recipes") return;
      cdn.before = () => {};
      setTimeout(() => {
        for (const [at, body] of next) cdn.bodies.set(at, body);
      }, 500);
    };
    const { code, stdout } = await drift("--grace=5");
    expect(stdout).toContain(" agree: 9 URLs\n");
    expect(code).toBe(0);
    expect(github.state.issues.size).toBe(0);
  });

  test("reports a rollback with its reason; --dry-run sends nothing to GitHub", async () => {
    const { clone, github, cdn, commit, drift } = await startOutdatedCdn();
    const reason = "`@everyone` <b>broke</b> it";
    const rolledBack = await releaseOf(clone.directory, "HEAD~1", {
      rollback: { from: commit, reason },
    });
    for (const [at, body] of rolledBack) cdn.bodies.set(at, body);
    const { code, stdout, stderr } = await drift("--dry-run", "--format=json");
    expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ agrees: false, served: { rollback: { reason } } });
    expect(github.requests).toEqual([]);
    await drift();
    expect(github.state.issues.get(1)?.body).toContain(
      `It was rolled back on purpose, from \`${commit.slice(0, 7)}\``,
    );
    expect(github.state.issues.get(1)?.body).toContain("`` `@everyone` <b>broke</b> it ``");
  });

  const edits: [string, (answer: CdnAnswer) => CdnAnswer, string][] = [
    [
      "another Content-Type",
      (answer) => withHeader(answer, "content-type", "text/html"),
      'Content-Type "text/html"',
    ],
    [
      "a year of caching",
      (answer) => withHeader(answer, "cache-control", "public, max-age=31536000, immutable"),
      'Cache-Control "public, max-age=31536000, immutable"',
    ],
    [
      "a list that a browser never asks for again within five minutes",
      (answer) => withHeader(answer, "cache-control", "max-age=300, immutable"),
      'Cache-Control "max-age=300, immutable"',
    ],
    [
      "five minutes and a second",
      (answer) => withHeader(answer, "cache-control", "max-age=301, s-maxage=1"),
      'Cache-Control "max-age=301, s-maxage=1"',
    ],
    ["no Cache-Control", ({ status }) => ({ status, headers: json }), "Cache-Control missing"],
    [
      "a 304 to whatever it is asked, over other bytes",
      (answer) => ({ ...answer, status: 304 }),
      "304 to an ETag that it never had",
    ],
  ];

  test.each(edits)("finds %s, which clients depend on", async (_what, edit, found) => {
    const { cdn, current, drift } = await startOutdatedCdn();
    cdn.bodies.clear();
    for (const [at, body] of current) cdn.bodies.set(at, body);
    cdn.edit = (answer) => (answer.status === 200 ? edit(answer) : answer);
    const { code, stdout } = await drift("--dry-run");
    expect(stdout).toContain(`  ${path}: ${found}\n`);
    expect(code).toBe(1);
    cdn.edit = (answer) => withHeader(answer, "cache-control", "no-cache");
    expect((await drift("--dry-run")).code).toBe(0);
  });

  test("keeps one issue if two run at once, an answer is lost, or somebody forges one", async () => {
    const { github, drift } = await startOutdatedCdn();
    const forged = github.openIssue("eve", "Nothing to see", driftMarker);
    forged.labels = ["drift"];
    github.state.labels.set("drift", { id: 1, name: "drift", color: "d93f0b", description: null });
    github.fault({ kind: "drop-after", on: "issues/create" });
    const both = await Promise.all([drift(), drift()]);
    expect(both.map(({ code }) => code)).toEqual([1, 1]);
    const ours = [...github.state.issues.values()].filter(({ author }) => author !== "eve");
    expect(ours.filter(open)).toHaveLength(1);
    expect(forged).toMatchObject({ title: "Nothing to see", body: driftMarker, state: "open" });
  });

  test.each([
    [[], "Cannot use --cdn: it is missing or empty; it must be a URL"],
    [["--cdn=ftp://a"], '--cdn "ftp://a"'],
    [["--cdn=http://127.0.0.1:9", "--grace=x"], '--grace "x"'],
    [["--cdn=http://127.0.0.1:9"], "hint: --dry-run needs no token"],
    [["--cdn=http://127.0.0.1:9", "--dry-run", "--repo=/none"], 'Cannot read flags from "/none"'],
  ])("%j is refused with exit 2", async (args, words) => {
    const { code, stdout, stderr } = await runScript("drift", args, { in: temporaryDirectory() });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(words);
  });

  test("reports that the CDN does not answer, not drift", async () => {
    const { clone } = await startOutdatedCdn();
    const args = ["--cdn=http://127.0.0.1:9", "--dry-run"];
    const { code, stderr } = await runScript("drift", args, { in: clone.directory });
    expect(code).toBe(2);
    expect(stderr).toBe('Cannot reach "http://127.0.0.1:9": none of 6 URLs answers\n');
  });
});
