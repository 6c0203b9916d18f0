/** Warnings of commands about unusual commits, and names that are both a branch and a tag. */
import { describe, expect, test } from "vitest";
import { parsePlan } from "../../../schema/github/artifact.ts";
import { testRepository } from "../../git/repository.ts";
import { runScript } from "../setup/run.ts";

const file = "flags/nutrition/meal_planning.yaml";
const flag = (enabled: boolean) =>
  `description: Plan meals\nenabled: ${enabled}\nowner: nutrition\n`;
const start = 1_725_105_600;
const tomorrow = Math.floor(Date.now() / 1_000) + 86_400;

/** A branch `main`, and on `work` a commit from tomorrow, into which `main` was pulled. */
function pulled() {
  const made = testRepository();
  made.change(start, { [file]: flag(true) });
  made.git("branch", "work");
  made.change(start + 60, { "notes.txt": "x\n" });
  made.switch("work");
  const ahead = made.change(tomorrow, { [file]: flag(false) });
  const subject = "Merge branch 'main' of git.example:acme/flags into main";
  made.run(["merge", "--quiet", "--no-ff", `--message=${subject}`, "main"], {
    env: { GIT_COMMITTER_DATE: `@${start + 120} +0000` },
  });
  const merge = made.git("rev-parse", "HEAD");
  return { made, ahead, merge };
}

const mergeWarning = (id: string) =>
  `warning: Commit ${id.slice(0, 7)} merges the branch into other commits: the branch is not its first parent [pull-merge]\n  hint: use "git pull --rebase"`;

describe.concurrent("commands report", () => {
  test("a merge that makes the branch its second parent", async () => {
    const { made, merge } = pulled();
    for (const [name, ...args] of [["validate"], ["plan", "--base", "main"]] as const) {
      const { code, stderr } = await runScript(name, args, { in: made.directory });
      expect([name, code]).toEqual([name, 0]);
      expect(stderr).toContain(mergeWarning(merge));
    }
  });

  test("a date ahead of the clock", async () => {
    const made = testRepository();
    made.change(start, { [file]: flag(true) });
    made.switch("work");
    const ahead = made.change(tomorrow, { [file]: flag(false) });
    for (const [name, ...args] of [["validate"], ["plan", "--base", "main"]] as const) {
      const { code, stderr } = await runScript(name, args, { in: made.directory });
      expect([name, code]).toEqual([name, 0]);
      expect(stderr).toMatch(
        new RegExp(`^warning: Commit ${ahead.slice(0, 7)} is dated .*ahead of the clock`, "m"),
      );
    }
  });

  test("both in the JSON, the Markdown and the comment of a plan, and nothing if the commits are usual", async () => {
    const { made, ahead, merge } = pulled();
    const run = async (name: string, ...args: string[]) => {
      const { code, stdout } = await runScript(name, args, { in: made.directory });
      expect([name, code]).toEqual([name, 0]);
      return stdout;
    };
    const head = ["--base", "main", "--head", "work"];
    const value = JSON.parse(await run("plan", ...head, "--format", "json"));
    expect(value.commitWarnings).toMatchObject([{ code: "pull-merge", commit: merge }]);
    expect(parsePlan(JSON.stringify(value))).toEqual(value);
    const merged = `- Commit ${merge.slice(0, 7)} merges the branch into other commits`;
    expect(await run("plan", ...head, "--format", "markdown")).toContain(merged);
    expect(await run("comment", ...head, "--dry-run")).toContain(merged);

    const dated = ["--base", "main", "--head", ahead];
    const [warning] = JSON.parse(await run("plan", ...dated, "--format=json")).commitWarnings;
    expect(warning).toMatchObject({ code: "commit-date-ahead", commit: ahead });
    const comment = await run("comment", ...dated, "--dry-run");
    expect(comment).toContain(`- Commit ${ahead.slice(0, 7)} is dated`);

    made.git("switch", "--quiet", "-c", "usual", "main");
    made.change(start + 180, { [file]: flag(false) });
    const usual = ["--base", "main", "--head", "usual"];
    expect(JSON.parse(await run("plan", ...usual, "--format=json")).commitWarnings).toEqual([]);
    expect(await run("comment", ...usual, "--dry-run")).not.toContain("- Commit");
  });

  test("nothing of the commits that the branch has already, and nothing without a clone", async () => {
    const { made } = pulled();
    const { stderr } = await runScript("plan", ["--base", "HEAD"], { in: made.directory });
    expect(stderr).not.toContain("warning: Commit");
    made.git("init", "--quiet", "empty");
    made.write({ [`empty/${file}`]: flag(true) });
    const ran = await runScript("validate", [], { in: `${made.directory}/empty` });
    expect(ran).toMatchObject({ code: 0, stderr: "" });
  });
});

test("plan compares with the branch main, also if a tag has its name", async () => {
  const made = testRepository();
  made.change(start, { [file]: flag(false) });
  made.switch("work");
  made.change(start + 60, { [file]: flag(true) });
  const expected = await runScript("plan", [], { in: made.directory });
  expect(expected.stdout).toContain("meal_planning");
  made.git("tag", "main", "HEAD");
  expect(await runScript("plan", [], { in: made.directory })).toEqual(expected);
});
