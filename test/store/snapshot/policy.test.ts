/** The policy in a commit: `flags/policy.yaml`, read with the flags and by the same rules. */
import { describe, expect, test } from "vitest";
import { compile } from "../../../schema/compile/compile.ts";
import { defaultProject } from "../../../schema/project/project.ts";
import { type Reading, Repository } from "../../../store/snapshot/repository.ts";
import { type TestRepository, testRepository } from "../../git/repository.ts";

const on = "description: Plan meals\nenabled: true\nowner: nutrition\n";
const start = 1_725_105_600;
const meals = "flags/nutrition/meal_planning.yaml";
const policy = "flags/policy.yaml";

async function read({ directory }: TestRepository, repository?: Repository): Promise<Reading> {
  const opened = repository ?? (await Repository.open(directory));
  return opened.read(await opened.resolve("HEAD"), "2026-01-01");
}

describe("read() of a policy", () => {
  test("protects nothing if there is none", async () => {
    const repository = testRepository();
    repository.change(start, { [meals]: on });
    const { snapshot } = await read(repository);
    expect(snapshot?.project).toEqual(defaultProject);
  });

  test("returns it with the flags, also from the cache, and does not count it as a flag", async () => {
    const repository = testRepository();
    repository.change(start, { [meals]: on, [policy]: "protected:\n  - staging\n" });
    for (let time = 0; time < 2; time++) {
      const { snapshot, files, problems } = await read(repository);
      expect(problems.map(({ code }) => code)).toEqual(["old-policy"]);
      expect(files).toBe(1);
      expect(snapshot?.flags.map(({ name }) => name)).toEqual(["meal_planning"]);
      const object = repository.git("rev-parse", `HEAD:${policy}`);
      expect(snapshot?.project).toEqual({ ...defaultProject, protected: ["staging"], object });
    }
  });

  test("changes no response but the lists' updated_at", async () => {
    const repository = testRepository();
    repository.change(start, { [meals]: on });
    const before = (await read(repository)).snapshot;
    repository.change(start + 60, { [policy]: "protected:\n  - application\n" });
    const after = (await read(repository)).snapshot;
    if (!before || !after) throw new Error("Cannot read a snapshot");
    const bodies = new Map(compile(before).responses.map(({ path, body }) => [path, body]));
    const touched = compile(after).responses.filter(({ path, body }) => bodies.get(path) !== body);
    expect(touched.map(({ path }) => path)).toEqual([
      "/development/v1/feature-flags/",
      "/staging/v1/feature-flags/",
      "/v1/feature-flags/",
    ]);
    expect(compile({ ...after, updated_at: before.updated_at }).responses).toEqual(
      compile(before).responses,
    );
  });

  test("does not serve a commit with a wrong policy, and reports the position", async () => {
    const repository = testRepository();
    repository.change(start, { [meals]: on, [policy]: "protected:\n  - prodution\n" });
    const { snapshot, problems } = await read(repository);
    expect(snapshot).toBeUndefined();
    expect(problems).toMatchObject([
      { file: policy, line: 1, column: 1, code: "old-policy" },
      { file: policy, line: 2, column: 5, code: "unknown-environment" },
    ]);
  });

  test("does not confuse it with a flag that has the same bytes", async () => {
    const repository = testRepository();
    repository.change(start, { [meals]: on, [policy]: on });
    const opened = await Repository.open(repository.directory);
    const codes = async () =>
      (await read(repository, opened)).problems
        .filter(({ code }) => code !== "old-policy")
        .map(({ file, code }) => `${file} ${code}`);
    expect(await codes()).toContain(`${policy} missing-key`);
    expect((await codes()).every((problem) => problem.startsWith(policy))).toBe(true);
    repository.change(start + 60, { [meals]: "protected: []\n", [policy]: "protected: []\n" });
    expect(await codes()).toContain(`${meals} missing-key`);
    expect((await codes()).every((problem) => problem.startsWith(meals))).toBe(true);
  });
});

test("changesOf() has no changes of the policy", async () => {
  const repository = testRepository();
  repository.change(start, { [policy]: "protected: []\n", "flags/a/policy.yaml": on });
  repository.change(start + 60, {
    [policy]: "protected: [staging]\n",
    "flags/a/policy.yaml": null,
  });
  repository.change(start + 120, { [policy]: "protected: []\n" });
  const page = { limit: 10, skip: 0 };
  const head = repository.git("rev-parse", "HEAD");
  const changes = await (await Repository.open(repository.directory)).changesOf(
    head,
    "policy",
    page,
  );
  // A flag of that name existed before the name was reserved.
  expect(changes.map(({ kind }) => kind)).toEqual(["deleted", "created"]);
});
