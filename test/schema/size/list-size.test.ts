/** A list that clients cannot read is refused before it is served. */
import { describe, expect, test } from "vitest";
import * as client from "../../../client/core/limits.ts";
import { compile } from "../../../schema/compile/compile.ts";
import type { Entry } from "../../../schema/file/entry.ts";
import { validate } from "../../../schema/file/validate.ts";
import { normalize } from "../../../schema/flag/flag.ts";
import { formatProblem } from "../../../schema/problem/problem.ts";
import { defaultProject } from "../../../schema/project/project.ts";
import { checkListSize, listBytes, maxListBytes } from "../../../schema/size/list-size.ts";

/** Names of 64 characters. An entry of the list has 73 bytes. */
function namesOf(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `flag_${String(at).padStart(59, "x")}`);
}

test("the program and the client have the same limit", () => {
  expect(maxListBytes).toBe(client.maxListBytes);
});

test("listBytes() is the size of the compiled list if every flag is off", () => {
  for (const count of [0, 1, 2, 50]) {
    const names = namesOf(count);
    const flags = names.map((name) => ({
      ...normalize(name, { enabled: false }, defaultProject),
      file: `flags/${name}.yaml`,
      object: "",
      created_at: "2026-01-01T00:00:00Z",
      updated_at: "2026-01-01T00:00:00Z",
    }));
    const { responses } = compile({
      commit: "0".repeat(40),
      committed_at: "2026-01-01T00:00:00Z",
      updated_at: "2026-01-01T00:00:00Z",
      project: defaultProject,
      flags,
    } as never);
    const lists = responses.filter(({ path }) => path.endsWith("/v1/feature-flags/"));
    expect(listBytes(names, defaultProject)).toBe(Math.max(...lists.map(({ length }) => length)));
  }
});

describe("checkListSize()", () => {
  const most = Math.floor((maxListBytes - 100) / 73);

  test.each([
    [10_000, []],
    [Math.ceil((0.8 * maxListBytes) / 73), ["large-list"]],
    [most, ["large-list"]],
    [most + 3, ["list-too-large"]],
    [15_500, ["list-too-large"]],
  ])("%i flags with long names: %j", (count, codes) => {
    const findings = checkListSize(namesOf(count), defaultProject);
    expect(findings.map(({ code }) => code)).toEqual(codes);
  });

  test("validate() names the size, the limit and what to do", () => {
    const entries = namesOf(15_500).map((name): Entry => {
      const content = { flag: { description: "Part", enabled: true, owner: "team" }, findings: [] };
      const path = `team/${name}.yaml`;
      return { file: `flags/${path}`, kind: "flag", path, mode: "100644", content };
    });
    const { problems } = validate(entries, defaultProject, "2026-01-01");
    expect(problems.map(formatProblem)).toEqual([
      "flags:1:1: Cannot serve these flags: the list of all 15,500 flags has 1,131,575 bytes, and clients read at most 1,000,000 [list-too-large]\n" +
        "  hint: delete flags that are on for everyone: bunting stale",
    ]);
  });
});
