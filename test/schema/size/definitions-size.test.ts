/** Definitions that providers cannot read are refused before they are served. */
import { describe, expect, test } from "vitest";
import * as provider from "../../../client/provider/source.ts";
import { compileDefinitions, definedFlags } from "../../../schema/definitions/definitions.ts";
import type { Entry } from "../../../schema/file/entry.ts";
import { validate } from "../../../schema/file/validate.ts";
import { type FlagFile, normalize } from "../../../schema/flag/flag.ts";
import { defaultProject } from "../../../schema/project/project.ts";
import {
  checkDefinitionsSize,
  definitionsBytes,
  maxDefinitionsBytes,
} from "../../../schema/size/definitions-size.ts";

test("the program and the server-side provider have the same limit", () => {
  expect(maxDefinitionsBytes).toBe(provider.maxDefinitionsBytes);
});

const ids = (count: number) => Array.from({ length: count }, (_, at) => `user-${at}-å`);

/** A flag with a rule of about `count` times 14 bytes. */
function flagWith(count: number): FlagFile {
  return {
    enabled: true,
    rollout: 10,
    variants: { off: false, on: true },
    rules: [{ name: "Testers", if: { targetingKey: ids(count) }, variant: "on" }],
  };
}

test("definitionsBytes() is the size of the compiled document, private flags and audiences included", () => {
  const files = [
    { enabled: true },
    flagWith(3),
    { ...flagWith(50), private: true, enabled: false },
  ];
  const audiences = [{ name: "staff", conditions: [["country", "in", ["SE", "Åland"]]] as const }];
  const rules = [{ name: "Staff", if: { audience: "staff" }, enabled: true }];
  files.push({ enabled: true, rules } as FlagFile);
  const flags = files.map((file, at) => normalize(`flag_${at}`, file, defaultProject));
  for (const environment of defaultProject.environments) {
    const defined = definedFlags(environment, { flags, audiences });
    const body = compileDefinitions(defined, { includePrivate: true });
    const bytes = definitionsBytes(environment, flags, audiences);
    const compiled = Buffer.byteLength(body);
    expect(bytes).toBeGreaterThanOrEqual(compiled);
    expect(bytes - compiled).toBeLessThan(10);
  }
});

describe("checkDefinitionsSize()", () => {
  test.each([
    [0.79, []],
    [0.81, ["large-definitions"]],
    [0.99, ["large-definitions"]],
    [1.01, ["definitions-too-large"]],
  ])("definitions of %d of the limit: %j", (share, codes) => {
    const size = definitionsBytes(
      "application",
      [normalize("flag", flagWith(4_000), defaultProject)],
      [],
    );
    const count = Math.round((maxDefinitionsBytes / size) * share);
    const flag = normalize("flag", flagWith(4_000), defaultProject);
    const flags = Array.from({ length: count }, (_, at) => ({ ...flag, name: `f${1_000 + at}` }));
    const findings = checkDefinitionsSize(flags, [], defaultProject);
    expect(findings.map(({ code }) => code)).toEqual(codes);
  });
});

test("validate() names the environment, the size, the limit and what to do", () => {
  const flag = { description: "Part", owner: "team", ...flagWith(4_000) };
  const entries = Array.from({ length: 400 }, (_, at): Entry => {
    const path = `team/meal_planning_${at}.yaml`;
    const content = { flag, findings: [] };
    return { file: `flags/${path}`, kind: "flag", path, mode: "100644", content };
  });
  const { problems } = validate(entries, defaultProject, "2026-01-01");
  expect(problems).toMatchObject([
    {
      file: "flags",
      severity: "error",
      code: "definitions-too-large",
      message: expect.stringMatching(
        /^Cannot serve these flags: definitions.json of "\w+" has [\d,]{10} bytes, and providers read at most 16,000,000$/,
      ),
      hint: "use an audience for conditions that several rules share, and delete unused rules",
    },
  ]);
  expect(validate(entries.slice(0, 100), defaultProject, "2026-01-01").problems).toEqual([]);
});
