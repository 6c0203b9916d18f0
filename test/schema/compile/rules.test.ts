/** From the text of flag files to the responses with their rules. */
import { MemoryStorage } from "@openfeature/flagd-core";
import { expect, test } from "vitest";
import { compile, compileUnpublished } from "../../../schema/compile/compile.ts";
import { definedFlags, toDefinitions } from "../../../schema/definitions/definitions.ts";
import { evaluate } from "../../../schema/evaluate/evaluate.ts";
import { parseFlagFile } from "../../../schema/file/parsed-file.ts";
import { type FlagFile, normalize } from "../../../schema/flag/flag.ts";
import type { Snapshot, TimedFlag } from "../../../schema/flag/snapshot.ts";
import { normalizeProject } from "../../../schema/project/project.ts";

const files = {
  new_checkout: `description: Check out in one step
enabled: true
rollout: 10
rules:
  - name: old apps cannot show it
    if: { app_version: "<4.2.0" }
    enabled: false
  - name: nordic beta
    if: { country: [ SE, DK, "NO" ] }
    rollout: 60
environments:
  qa:
    enabled: true
`,
  button_colour: 'enabled: true\nvariants:\n  green: "#0a7"\n  orange: "#d50"\nrollout: 20\n',
  plain: "enabled: true\n",
  secret_offer: "enabled: true\nrollout: 5\nprivate: true\n",
};

function snapshotOf(definitions: boolean): Snapshot {
  const attributes = { country: "string", app_version: "version" } as const;
  const file = { environments: ["production", "qa"], attributes, publish: { definitions } };
  const project = normalizeProject(file, "");
  const at = "2026-11-01T12:00:00Z";
  const flags = Object.entries(files).map(([name, text]): TimedFlag => {
    const { flag, findings } = parseFlagFile(new TextEncoder().encode(text), project);
    expect(findings.filter(({ code }) => !code.startsWith("missing-"))).toEqual([]);
    const times = {
      file: `flags/billing/${name}.yaml`,
      object: "",
      created_at: at,
      updated_at: at,
    };
    return { ...normalize(name, flag as FlagFile, project), ...times };
  });
  return {
    commit: "c0ffee".repeat(6),
    committed_at: at,
    updated_at: at,
    flags,
    audiences: [],
    project,
  };
}

test("compile() lists a flag as on only if every caller gets it", () => {
  const { responses } = compile(snapshotOf(false));
  const list = (path: string) => JSON.parse(responses.find((one) => one.path === path)?.body ?? "");
  const plain = { plain: true, secret_offer: false };
  expect(list("/v1/feature-flags/").flags).toEqual({
    ...plain,
    button_colour: false,
    new_checkout: false,
  });
  expect(list("/qa/v1/feature-flags/").flags).toEqual({
    ...plain,
    button_colour: false,
    new_checkout: true,
  });
});

test("compile() publishes definitions only if the project says so, and in the order of paths", () => {
  const without = compile(snapshotOf(false)).responses.map(({ path }) => path);
  const having = compile(snapshotOf(true)).responses.map(({ path }) => path);
  const documents = ["definitions", "flagd", "openfeature"].map((name) => `/v1/${name}.json`);
  const expected = [...documents, ...documents.map((path) => `/qa${path}`)];
  expect(having.filter((path) => !without.includes(path)).sort()).toEqual(expected.sort());
  expect(having).toEqual([...having].sort());
});

test("compileUnpublished() gives the bytes that compile() would publish", () => {
  const published = compile(snapshotOf(true)).responses;
  const documents = published.filter(
    ({ path }) => path.endsWith(".json") && !path.startsWith("/errors"),
  );
  expect(documents).toHaveLength(6);
  for (const response of documents) {
    expect(compileUnpublished(snapshotOf(false), response.path)).toEqual(response);
  }
  for (const path of ["/dev/v1/flagd.json", "/production/v1/flagd.json", "/v1/feature-flags/"]) {
    expect(compileUnpublished(snapshotOf(false), path)).toBeUndefined();
  }
});

test("definitions.json has the rules of public flags, and flagd.json passes flagd's strict schema", () => {
  const body = compileUnpublished(snapshotOf(true), "/v1/definitions.json")?.body ?? "";
  expect(JSON.parse(body).flags).toEqual({
    button_colour: {
      enabled: true,
      rollout: 20,
      variants: [
        ["green", "#0a7"],
        ["orange", "#d50"],
      ],
    },
    new_checkout: {
      enabled: true,
      rollout: 10,
      rules: [
        { name: "old apps cannot show it", if: [["app_version", "<", "4.2.0"]], rollout: 0 },
        { name: "nordic beta", if: [["country", "in", ["SE", "DK", "NO"]]], rollout: 60 },
      ],
    },
    plain: { enabled: true },
  });
  const flagd = compileUnpublished(snapshotOf(true), "/v1/flagd.json")?.body ?? "";
  const storage = new MemoryStorage({ debug() {}, info() {}, warn() {}, error() {} });
  expect(() => storage.setConfigurations(flagd, true)).not.toThrow();
  expect(flagd).not.toContain("secret_offer");
});

test("evaluate() decides by the rules of a file", () => {
  const { flags } = snapshotOf(false);
  const definitions = toDefinitions(definedFlags("production", { flags, audiences: [] }));
  const decide = (context: object) => evaluate(definitions, "new_checkout", { ...context });
  expect(decide({ app_version: "4.1.9", targetingKey: "a" })).toMatchObject({
    ...{ value: false, reason: "DEFAULT", rule: "old apps cannot show it" },
  });
  const share = (context: object) =>
    Array.from({ length: 2_000 }, (_, id) => decide({ ...context, targetingKey: `u${id}` })).filter(
      ({ value }) => value === true,
    ).length / 20;
  expect(share({})).toBeGreaterThan(8);
  expect(share({})).toBeLessThan(12);
  expect(share({ country: "NO" })).toBeGreaterThan(56);
  expect(share({ country: "NO" })).toBeLessThan(64);
});
