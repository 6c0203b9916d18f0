import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test, vi } from "vitest";
import { temporaryDirectory } from "../../git/repository.ts";
import { type Hosted, hostFlags } from "../../github/hosted.ts";
import { runScript } from "../setup/run.ts";

// Timeout of a test that starts many processes on a small machine.
vi.setConfig({ testTimeout: 300_000 });

const fileOf = (name: string) => `flags/nutrition/${name}.yaml`;
const flag = (enabled: boolean, more = "") =>
  `description: Plan\nenabled: ${enabled}\nowner: nutrition\n${more}`;
const staging = "environments:\n  staging:\n    enabled: false\n";

const flags = {
  [fileOf("price_test")]: flag(true, "type: experiment\nexpires: 2024-01-31\n"),
  [fileOf("meals")]: flag(true),
  [fileOf("recipes")]: flag(false),
  // None of these is stale.
  [fileOf("payments_off")]: flag(true, "type: kill_switch\n"),
  [fileOf("half_way")]: flag(true, staging),
};

/** Code that uses `meals`, until it is removed. */
function code(text = "import x;\nif (flags.meals) plan(meals_v2);\n") {
  const directory = temporaryDirectory();
  mkdirSync(path.join(directory, "web"));
  const file = path.join(directory, "web/plan.ts");
  const write = (next: string) => writeFileSync(file, next);
  write(text);
  return { directory, write };
}

function stale({ clone, github }: Hosted, ...args: string[]) {
  const options = { in: clone.directory, env: github.env };
  return runScript("stale", ["--today=2026-11-26", ...args], options);
}

function titles({ github }: Hosted) {
  return [...github.state.issues.values()].map(
    ({ number, title, state, pull }) =>
      `#${number} ${title}${pull ? " by pull request" : ""}: ${state}`,
  );
}

describe.concurrent("stale", () => {
  test("opens an issue for each stale flag, a few at a time, and none a second time", async () => {
    const hosted = await hostFlags(flags);
    const { clone, github } = hosted;
    const source = code();
    const args = ["--source", source.directory, "--limit=2"];
    const first = await stale(hosted, ...args);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toBe(
      [
        "price_test (nutrition): The experiment ended on 2024-01-31; 0 places in code",
        "meals (nutrition): It has been on for everyone since 2024-08-31; 1 place in code",
        "recipes (nutrition): It has been off for everyone since 2024-08-31; 0 places in code",
        "",
        "3 stale flags",
        "#1 price_test: opened",
        "#2 meals: opened",
        "",
      ].join("\n"),
    );
    const [declined, meals] = [...github.state.issues.values()];
    expect(meals?.body).toContain(
      "The code still uses it in 1 place:\n\n```text\nweb/plan.ts:2\n```",
    );
    expect(meals?.labels).toEqual(["stale-flag"]);

    // An issue that is closed as "not planned" allows the next one.
    Object.assign(declined ?? {}, { state: "closed", state_reason: "not_planned" });
    const second = await stale(hosted, ...args, "--format=json");
    expect(JSON.parse(second.stdout).steps).toEqual([
      { name: "meals", number: 2, action: "unchanged" },
      { name: "recipes", number: 3, action: "opened" },
    ]);

    // One is deleted, one has changed since it was declined, one was toggled.
    clone.change(1_725_105_660, {
      [fileOf("meals")]: null,
      [fileOf("price_test")]: flag(true, "type: experiment\nexpires: 2024-06-30\n"),
      [fileOf("recipes")]: flag(true, staging),
    });
    await stale(hosted, ...args);
    expect(titles(hosted)).toEqual([
      "#1 Remove the flag price_test: closed",
      "#2 Remove the flag meals: closed",
      "#3 Remove the flag recipes: closed",
      "#4 Remove the flag price_test: open",
    ]);
    expect([2, 3].map((number) => github.comments(number))).toEqual([
      ["`meals` is gone."],
      ["`recipes` is not stale any more."],
    ]);
  });

  test("--as pull-requests removes a flag if no code uses it, and opens an issue otherwise", async () => {
    const { [fileOf("price_test")]: _, ...two } = flags;
    const hosted = await hostFlags(two);
    const { clone, github } = hosted;
    const source = code();
    const args = ["--source", source.directory, "--as=pull-requests"];
    // The answer about the new branch, and the one about the pull request, get lost.
    github.fault({ kind: "drop-after", on: "git/create-ref" });
    github.fault({ kind: "drop-after", on: "pulls/create" });
    const lost = await stale(hosted, ...args);
    expect([0, 2]).toContain(lost.code);
    const first = await stale(hosted, ...args);
    expect(first.code, first.stderr).toBe(0);
    const all = [
      "#1 Remove the flag meals: open",
      "#2 Remove the flag recipes by pull request: open",
    ];
    expect(titles(hosted)).toEqual(all);
    const pull = github.state.issues.get(2);
    const branch = pull?.pull?.branch ?? "";
    expect(pull?.labels).toEqual(["stale-flag"]);
    expect(github.bare.git("diff", "--name-status", `main..${branch}`)).toBe(
      `D\t${fileOf("recipes")}`,
    );
    expect(github.bare.git("log", "-1", "--format=%s", branch)).toBe("Remove recipes");

    // Somebody declined the pull request of one flag; the code of the other is removed.
    Object.assign(pull ?? {}, { state: "closed" });
    source.write("plan();\n");
    await stale(hosted, ...args);
    expect(titles(hosted).slice(1)).toEqual([
      "#2 Remove the flag recipes by pull request: closed",
      "#3 Remove the flag meals by pull request: open",
    ]);
    expect(github.state.issues.get(3)?.body).toContain("\nCloses #1.\n");
    github.merge(3);
    clone.git("pull", "--quiet", `file://${github.bare.directory}`, "main");
    const last = await stale(hosted, ...args, "--dry-run");
    expect(last.stdout).not.toContain("meals");
  });

  test("opens each once if two run at once and an answer is lost", async () => {
    const hosted = await hostFlags(flags);
    hosted.github.fault({ kind: "drop-after", on: "issues/create" });
    hosted.github.fault({ kind: "secondary-limit", on: "issues/list-for-repo" });
    const both = await Promise.all([1, 2].map(() => stale(hosted, "--limit=2")));
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const open = titles(hosted).filter((title) => title.endsWith("open"));
    expect(open.map((title) => title.replace(/^#\d+ /, "")).sort()).toEqual([
      "Remove the flag meals: open",
      "Remove the flag price_test: open",
    ]);
  });

  test.each([
    [["--as=pull-requests"], "Cannot open pull requests without --source"],
    [["--source=/none"], '--source "/none": it is not there'],
    [["--days=soon"], '--days "soon"'],
    [["--today=soon"], '--today "soon"'],
  ])("%j is refused with exit 2", async (args, words) => {
    const { code, stdout, stderr } = await runScript("stale", args, { in: temporaryDirectory() });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(words);
  });

  test("reports that no code was searched if there are no files", async () => {
    const { clone } = await hostFlags(flags);
    const args = ["--source", temporaryDirectory(), "--dry-run", "--as=pull-requests"];
    const { code, stderr } = await runScript("stale", args, { in: clone.directory });
    expect(code).toBe(2);
    expect(stderr).toMatch(/^Cannot tell whether code still names a flag: no file is below "/);
  });
});
