import { describe, expect, test } from "vitest";
import { type TestRepository, temporaryDirectory, testRepository } from "../git/repository.ts";
import { runScript } from "./setup/run.ts";

const file = "flags/billing/invoices.yaml";
const past = "2026-01-11T08:00:00Z";
const future = "2099-01-01T00:00:00Z";
const flagWith = (...steps: string[]) =>
  `description: Send invoices\nenabled: true\nrollout: 5\n${
    steps.length === 0 ? "" : `schedule:\n${steps.map((step) => `  - ${step}\n`).join("")}`
  }owner: billing\n`;

/** A bare remote and a person's clone of it. */
function remoteWith(text: string): { bare: TestRepository; clone: TestRepository } {
  const people = testRepository();
  people.change(1_700_000_000, {
    "bunting.yaml": "environments: [production]\nprotected: [production]\n",
    [file]: text,
  });
  const bare = people.clone("--bare");
  return { bare, clone: bare.clone() };
}

describe.concurrent("schedule", () => {
  test("applies due steps, pushes them, does not change the clone, and reports the result", async () => {
    const { bare, clone } = remoteWith(
      flagWith(`{ at: ${past}, rollout: 25 }`, `{ at: ${future}, rollout: 100 }`),
    );
    const before = clone.git("rev-parse", "HEAD");
    const { code, stdout, stderr } = await runScript("schedule", [], { in: clone.directory });
    const head = bare.git("rev-parse", "main");
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: `invoices in production: 25 % at ${past}: applied by ${head.slice(0, 12)}\n1 step applied, the next one is due at ${future}\n`,
    });
    expect(stderr).toBe("Reading the branch main\nApplying 1 step\n");
    expect(bare.git("log", "-1", "--format=%an %s", "main")).toBe("Ada Roll out invoices to 25 %");
    expect(`${bare.git("show", `main:${file}`)}\n`).toBe(
      flagWith(`{ at: ${future}, rollout: 100 }`).replace("rollout: 5", "rollout: 25"),
    );
    expect(clone.git("rev-parse", "HEAD")).toBe(before);
    expect(clone.git("status", "--porcelain")).toBe("");

    const again = await runScript("schedule", ["--format=json"], { in: clone.directory });
    expect(JSON.parse(again.stdout)).toEqual({ head, steps: [], next: future });
  });

  test("prints JSON, and with --dry-run changes nothing", async () => {
    const { bare } = remoteWith(flagWith(`{ at: ${past}, enabled: false }`));
    const args = ["--remote", bare.directory, "--format", "json"];
    const where = { in: temporaryDirectory() };
    const dry = await runScript("schedule", [...args, "--dry-run"], where);
    const step = { flag: "invoices", environment: "production", at: past, enabled: false };
    const [before] = [bare.git("rev-parse", "main")];
    expect({ code: dry.code, json: JSON.parse(dry.stdout) }).toEqual({
      code: 0,
      json: { head: before, steps: [{ ...step, status: "due" }], next: null },
    });
    const { stdout } = await runScript("schedule", args, where);
    const head = bare.git("rev-parse", "main");
    expect(JSON.parse(stdout)).toEqual({
      head,
      steps: [{ ...step, status: "committed", commit: head }],
      next: null,
    });
    expect(head).not.toBe(before);
  });

  test("does not apply a step again that a revert brought back, although it has no key", async () => {
    const { bare, clone } = remoteWith(flagWith(`{ at: ${past}, rollout: 25 }`));
    await runScript("schedule", [], { in: clone.directory });
    clone.git("pull", "--quiet");
    clone.revert(1_700_000_100, "HEAD");
    clone.git("push", "--quiet");
    const head = bare.git("rev-parse", "main");
    const { code, stdout } = await runScript("schedule", [], { in: clone.directory });
    expect(code).toBe(0);
    expect(stdout).toContain("was applied before by");
    expect(bare.git("rev-parse", "main")).toBe(head);
  });

  test("two at once apply each step once", async () => {
    const { bare, clone } = remoteWith(flagWith(`{ at: ${past}, rollout: 25 }`));
    const runs = await Promise.all(
      [1, 2, 3].map(() => runScript("schedule", [], { in: clone.directory })),
    );
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(bare.git("rev-list", "--count", "main")).toBe("2");
  });

  test("fails while the head is not valid, with the problems", async () => {
    const { bare, clone } = remoteWith("enabled: perhaps\n");
    const { code, stderr } = await runScript("schedule", [], { in: clone.directory });
    expect(code).toBe(1);
    expect(stderr).toContain(`${file}:1:10: Cannot read "enabled" as "perhaps"`);
    expect(stderr).toContain("Cannot apply steps: the head of the branch is not valid");
    expect(bare.git("rev-list", "--count", "main")).toBe("1");
  });

  test("--dry-run says that no step is due", async () => {
    const { clone } = remoteWith(flagWith(`{ at: ${future}, enabled: false }`));
    const { stdout } = await runScript("schedule", ["--dry-run"], { in: clone.directory });
    expect(stdout).toBe(`0 steps due, the next one is due at ${future}\n`);
  });

  test("names the option if the remote has another branch", async () => {
    const { bare } = remoteWith(flagWith(`{ at: ${past}, enabled: false }`));
    const args = ["--remote", bare.directory, "--branch", "mian"];
    const { code, stderr } = await runScript("schedule", args, { in: temporaryDirectory() });
    expect(code).toBe(2);
    expect(stderr).toContain(
      "the remote has no such branch; branches there: main\n  hint: --branch names the branch that holds the flags\n",
    );
  });

  test("names the missing remote in an error", async () => {
    const { code, stderr } = await runScript("schedule", [], { in: temporaryDirectory() });
    expect(code).toBe(2);
    expect(stderr).toContain("name one with --remote or FLAGS_REMOTE");
  });
});
