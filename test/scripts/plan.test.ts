/**
 * The expected output of `plan` for each kind of change is in `test/fixtures/plans/`. After a change of
 * texts, check the difference, then run:
 *
 *     BLESS=1 npx vitest run test/scripts/plan.test.ts
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Plan } from "../../schema/plan/plan.ts";
import { type TestRepository, testRepository } from "../git/repository.ts";
import { runScript } from "./setup/run.ts";

const plans = new URL("../fixtures/plans/", import.meta.url);
const cure = "look at the difference, then run: BLESS=1 npx vitest run test/scripts/plan.test.ts";

const start = 1_725_105_600;

function flag(enabled: boolean, description = "Plan meals", more = ""): string {
  return `description: ${JSON.stringify(description)}\nenabled: ${enabled}\nowner: nutrition\n${more}`;
}

function file(name: string): string {
  return `flags/nutrition/${name}.yaml`;
}

/** A branch `topic` with a change of each kind; `main` has a newer commit. */
function change(): TestRepository {
  const repository = testRepository();
  repository.change(start, {
    [file("barcode_scanner")]: flag(false),
    [file("allergen_warnings")]: flag(true),
    [file("meal_planning")]: flag(true),
    [file("photo_search")]: flag(false),
    [file("recipe_import")]: flag(true),
    [file("recipe_rating")]: flag(true),
    [file("shopping_list")]: flag(true),
  });
  repository.switch("topic");
  repository.change(start + 60, {
    [file("allergen_warnings")]: null,
    [file("barcode_scanner")]: flag(
      false,
      "Plan meals",
      "environments: {staging: {enabled: true}}\n",
    ),
    [file("meal_planning")]: flag(false),
    [file("photo_search")]: `# Ask first\n${flag(false)}`,
    [file("recipe_import")]: flag(true, hostile),
    [file("serving_cost")]: flag(
      false,
      "Show what a serving costs",
      "environments: {staging: {enabled: true}}\n",
    ),
  });
  repository.move(file("shopping_list"), "flags/growth/shopping_list.yaml");
  repository.commit(start + 120);
  repository.switch("main");
  repository.change(start + 180, {
    [file("recipe_rating")]: flag(false),
    [file("meal_cost")]: flag(true),
  });
  repository.switch("topic");
  return repository;
}

const hostile =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: so do GitHub's expressions look
  "| <script>alert(1)</script> `x` **@everyone** ${{ secrets.TOKEN }}\n::error::forged\n</details> ##[error]";

function plan(repository: TestRepository, ...args: string[]) {
  return runScript("plan", args, { in: repository.directory });
}

function descriptionIn(json: string): string {
  const { responses }: Plan = JSON.parse(json);
  const response = responses.find(({ path }) => path === "/v1/feature-flags/recipe_import");
  return JSON.parse(response?.after ?? "{}").description;
}

describe.concurrent("plan", () => {
  test.each([
    ["text", "change.txt"],
    ["json", "change.json"],
    ["markdown", "change.md"],
  ])("as %s is equal to %s, in which descriptions are escaped", async (format, name) => {
    const { code, stdout, stderr } = await plan(change(), "--format", format);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const golden = new URL(name, plans);
    if (process.env.BLESS) {
      mkdirSync(plans, { recursive: true });
      writeFileSync(golden, stdout);
    }
    expect(stdout, cure).toBe(existsSync(golden) ? readFileSync(golden, "utf8") : "");

    expect(stdout).toContain("recipe_import");
    expect(stdout).not.toMatch(/^\s*::/m);
    if (format === "json") expect(descriptionIn(stdout)).toBe(hostile);
    else expect(stdout).not.toMatch(/alert|everyone|secrets|forged|##\[/);
  });

  test("leaves out changes that a branch has only merged", async () => {
    const repository = change();
    const { stdout: before } = await plan(repository);
    repository.merge(start + 240, "main");
    const { code, stdout: after } = await plan(repository);
    expect(code).toBe(0);
    const [, ...lines] = after.split("\n");
    expect(lines).toEqual(before.split("\n").slice(1));
  });

  test("compares any two commits of any clone, and exits with 0", async () => {
    const bare = change().clone("--bare");
    const args = ["--repo", bare.directory, "--base=topic", "--head=main"];
    const { code, stdout } = await runScript("plan", args, { in: "/" });
    expect(stdout).toMatch(
      /^Plan \w{7} → \w{7}: 1 flag turns off in application, .*1 flag is added\n/,
    );
    expect(stdout).toContain("+ meal_cost: on\n");
    expect(stdout).not.toContain("meal_planning");
    expect(code).toBe(0);
  });

  test("reports that nothing changes if a commit changes no flag", async () => {
    const repository = change();
    repository.switch("docs");
    repository.change(start + 240, { "README.md": "Flags\n" });
    const { code, stdout } = await plan(repository, "--base=topic");
    expect(stdout).toMatch(/^Plan \w{7} → \w{7}: nothing changes for consumers\n$/);
    expect(code).toBe(0);
  });

  test("notes if the base has all commits of the head, so that nothing is compared", async () => {
    const repository = change();
    const { stderr } = await plan(repository, "--base=topic");
    expect(stderr).toBe(
      "Note: topic has all commits of HEAD; to compare with an earlier commit, name it: --base HEAD~1\n",
    );
    expect((await plan(repository, "--base=HEAD~1")).stderr).toBe("");
  });

  test("notes what to do after the first commit, which has none before it", async () => {
    const repository = testRepository();
    repository.change(start, { [file("meal_planning")]: flag(true) });
    expect((await plan(repository)).stderr).toBe(
      "Note: main has all commits of HEAD; make a change on a branch and commit it there to see a plan\n",
    );
  });

  test("prints the problems of an invalid head and exits with 1", async () => {
    const repository = change();
    repository.change(start + 240, { [file("meal_planning")]: "enabled: on\n" });
    const { code, stdout, stderr } = await plan(repository);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(`\n${file("meal_planning")}:1:10: `);
  });
});

describe("plan of a repair of an invalid base", () => {
  const name = file("meal_planning");

  test("compares with the last valid commit before it", async () => {
    const repository = testRepository();
    repository.change(start, { [name]: flag(true) });
    const valid = repository.change(start + 60, { [file("photo_search")]: flag(true) });
    repository.change(start + 120, { "README.md": "Flags\n" });
    repository.change(start + 180, { "bunting.yaml": "format: 9\n" });
    const invalid = repository.change(start + 240, { [name]: "enabled: yes\n" });
    repository.switch("topic");
    repository.change(start + 300, { "bunting.yaml": null, [name]: flag(false) });
    const { code, stdout, stderr } = await plan(repository, "--format=json");
    const { base, flags } = JSON.parse(stdout) as Plan;
    expect([code, base]).toEqual([0, valid]);
    expect(flags.map((one) => [one.name, one.change])).toEqual([["meal_planning", "changed"]]);
    expect(stderr).toBe(
      `Note: The change starts from ${invalid.slice(0, 7)}, which is invalid. This plan compares with ${valid.slice(0, 7)}, the last valid commit before it, which clients still receive.\n`,
    );
  });

  test("shows all flags as new if there is none", async () => {
    const repository = testRepository();
    const invalid = repository.change(start, { [name]: "enabled: yes\n" });
    repository.switch("topic");
    repository.change(start + 60, { [name]: flag(true) });
    const { code, stdout, stderr } = await plan(repository, "--format=json");
    const { flags } = JSON.parse(stdout) as Plan;
    expect([code, flags.map((one) => [one.name, one.change])]).toEqual([
      0,
      [["meal_planning", "added"]],
    ]);
    expect(stderr).toBe(
      `Note: The change starts from ${invalid.slice(0, 7)}, which is invalid. No valid commit was found before it, so all flags are shown as new.\n`,
    );
  });
});

describe("plan of a change of bunting.yaml", () => {
  const cart = flag(true, "Show the cart");
  const names = 'names: { pattern: "^[a-z]+(-[a-z]+)*$" }\n';

  test("shows environments, protection and limits, and reads each commit with its own project", async () => {
    const repository = testRepository();
    repository.change(start, { [file("new_cart")]: cart });
    repository.switch("topic");
    repository.change(start + 60, {
      [file("new_cart")]: null,
      [file("new-cart")]: cart,
      "bunting.yaml": `environments: [application, qa]\nprotected: [qa]\nlimits: { turn: 10% }\n${names}`,
    });
    const { code, stdout, stderr } = await runScript("plan", ["--head", "topic"], {
      in: repository.directory,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const line of [
      "  ~ environments: application, staging, development → application, qa",
      "  ~ limits: remove 20 %, turn 50 %, at least 5 flags → remove 20 %, turn 10 %, at least 5 flags",
      "  ~ qa is protected: changes through the API become pull requests",
      "  + /qa/v1/feature-flags/new-cart",
      "  - /staging/v1/feature-flags/new_cart",
    ]) {
      expect(stdout).toContain(`${line}\n`);
    }
    const built = await runScript("build", ["--at", "main", "--out", "dist/old"], {
      in: repository.directory,
    });
    expect(built.code).toBe(0);
  });

  test("names no flag for an environment that is added", async () => {
    const repository = testRepository();
    repository.change(start, { [file("new_cart")]: cart });
    repository.switch("topic");
    repository.change(start + 60, {
      "bunting.yaml": "environments: [application, staging, development, qa]\n",
    });
    const plan = await runScript("plan", ["--head", "topic", "--format", "json"], {
      in: repository.directory,
    });
    const { flags, settings } = JSON.parse(plan.stdout);
    expect(flags).toEqual([]);
    expect(settings.map(({ setting }: { setting: string }) => setting)).toEqual([
      "environments",
      "order",
    ]);
  });
});
