import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { compile } from "../../../schema/compile/compile.ts";
import { formatManifest } from "../../../schema/compile/manifest.ts";
import { etag, type Release } from "../../../schema/compile/release.ts";
import { contentTypeOf, pathOf } from "../../../schema/compile/urls.ts";
import { timestamp } from "../../../schema/flag/snapshot.ts";
import { defaultProject } from "../../../schema/project/project.ts";
import { bundleModule } from "../../setup/bundle-module.ts";
import { description } from "../arbitrary.ts";
import { decisionsOf, flagOf, manyFlags, snapshotOf } from "../snapshots.ts";

const { environments } = defaultProject;

const states = (on: boolean) =>
  decisionsOf(Object.fromEntries(environments.map((name) => [name, on])));

test("compile() returns the specification's example with its keys in order", () => {
  const release = compile(
    snapshotOf([
      flagOf("meal_planning", { description: "Enable meal planning features" }),
      flagOf("activity_tracking", { decisions: states(false) }),
      flagOf("user_notifications"),
    ]),
  );
  expect(bodyOf(release, "/v1/feature-flags/")).toBe(
    '{"environment":"application",' +
      '"flags":{"activity_tracking":false,"meal_planning":true,"user_notifications":true},' +
      '"updated_at":"2024-08-31T12:00:00Z"}',
  );
  expect(bodyOf(release, "/v1/feature-flags/meal_planning")).toBe(
    '{"name":"meal_planning","enabled":true,"description":"Enable meal planning features",' +
      '"created_at":"2024-08-31T12:00:00Z","updated_at":"2024-08-31T12:00:00Z"}',
  );
});

test("compile() serves each environment its own state under its own path", () => {
  const enabled = { application: false, staging: true, development: false };
  const release = compile(
    snapshotOf([flagOf("meal_planning", { decisions: decisionsOf(enabled) })]),
  );
  const seen = Object.fromEntries(
    environments.map((name) => {
      const list = JSON.parse(bodyOf(release, pathOf(defaultProject, name)));
      const flag = JSON.parse(bodyOf(release, pathOf(defaultProject, name, "meal_planning")));
      return [list.environment, [list.flags.meal_planning, flag.enabled]];
    }),
  );
  expect(seen).toEqual({
    application: [false, false],
    staging: [true, true],
    development: [false, false],
  });
  expect(environments.map((name) => pathOf(defaultProject, name))).toEqual([
    "/v1/feature-flags/",
    "/staging/v1/feature-flags/",
    "/development/v1/feature-flags/",
  ]);
});

test("compile() gives a list without flags for a snapshot without flags", () => {
  expect(bodyOf(compile(snapshotOf([])), "/v1/feature-flags/")).toBe(
    '{"environment":"application","flags":{},"updated_at":"2024-08-31T12:00:00Z"}',
  );
});

test("compile() sorts paths and names by code unit, each path once", () => {
  const { responses } = compile(snapshotOf(manyFlags));
  const paths = responses.map(({ path }) => path);
  expect(paths).toEqual([...new Set(paths)].sort());
  const names = Object.keys(JSON.parse(bodyOf({ responses }, "/v1/feature-flags/")).flags);
  expect(names).toEqual(manyFlags.map(({ name }) => name).sort());
});

test("compile() gives the same bytes for any order of the flags", () => {
  const expected = compile(snapshotOf(manyFlags));
  const shuffled = fc.shuffledSubarray([...manyFlags], { minLength: manyFlags.length });
  const check = (flags: typeof manyFlags) => {
    const release = compile(snapshotOf(flags));
    expect(release).toEqual(expected);
    expect(formatManifest(release)).toBe(formatManifest(expected));
  };
  fc.assert(fc.property(shuffled, check), { numRuns: 30 });
});

test("compile() gives the same bytes in any time zone, locale and language", async () => {
  const here = compile(snapshotOf(manyFlags));
  const bodies = here.responses.map(({ path, body }) => `${path} ${body}\n`).join("");
  const locales = [
    { TZ: "Pacific/Kiritimati", LANG: "tr_TR.UTF-8", LC_ALL: "tr_TR.UTF-8" },
    { TZ: "America/St_Johns", LANG: "lt_LT.UTF-8", LC_ALL: "C" },
    { TZ: "UTC", LANG: "C", LC_ALL: "et_EE.UTF-8" },
  ];
  const outputs = await Promise.all(locales.map(run));
  expect(outputs).toEqual(locales.map(() => bodies + formatManifest(here)));
});

test("compile() writes compact JSON", () => {
  for (const { body } of compile(snapshotOf(manyFlags)).responses) {
    expect(JSON.stringify(JSON.parse(body))).toBe(body);
  }
});

test("etag() is the quoted MD5 of the body, as S3 gives a plain object", () => {
  for (const response of compile(snapshotOf(manyFlags)).responses) {
    const bytes = Buffer.from(response.body, "utf8");
    const hex = (algorithm: string) => createHash(algorithm).update(bytes).digest("hex");
    expect(etag(response)).toBe(`"${hex("md5")}"`);
    expect(response.sha256).toBe(hex("sha256"));
    expect(response.length).toBe(bytes.length);
  }
});

test.each([
  "<script>alert(1)</script>",
  '"},"enabled":false,"x":{"',
  "\\u0022 \\ / \u2028 \u007f",
  ["$", "{{ secrets.TOKEN }} `id` $(id)"].join(""),
  "::error::x%0A\r\n::set-output name=a::b",
  "__proto__",
])("compile() keeps the description %j as text", (description) => {
  const release = compile(snapshotOf([flagOf("meal_planning", { description })]));
  const flag = JSON.parse(bodyOf(release, "/v1/feature-flags/meal_planning"));
  expect(flag).toMatchObject({ name: "meal_planning", enabled: true, description });
  expect(Object.keys(flag)).toHaveLength(5);
});

test("compile() keeps any description", () => {
  fc.assert(
    fc.property(description(), (description) => {
      const release = compile(snapshotOf([flagOf("meal_planning", { description })]));
      const flag = JSON.parse(bodyOf(release, "/staging/v1/feature-flags/meal_planning"));
      expect(flag.description).toBe(description);
    }),
    { numRuns: 100 },
  );
});

test.each([["__proto__"], ["../meal"], ["meal/../x"], ["meal\n"], [""], ["1"], ["a".repeat(129)]])(
  "compile() refuses a flag named %j",
  (name) => {
    expect(() => compile(snapshotOf([flagOf(name)]))).toThrow(/^Cannot accept /);
    expect(Object.hasOwn(Object.prototype, "enabled")).toBe(false);
  },
);

test("compile() accepts the name of an Object method", () => {
  const release = compile(snapshotOf([flagOf("constructor", { decisions: states(false) })]));
  expect(bodyOf(release, "/v1/feature-flags/")).toContain('"flags":{"constructor":false}');
});

test.each([
  ["a description of 501 characters", { description: "a".repeat(501) }],
  ["a time in another zone", { created_at: "2024-08-31T12:00:00+02:00" }],
  ["a time with milliseconds", { updated_at: "2024-08-31T12:00:00.000Z" }],
  ["no time", { updated_at: "" }],
])("compile() refuses a flag with %s", (_what, flag) => {
  expect(() => compile(snapshotOf([flagOf("meal_planning", flag)]))).toThrow(/^Cannot accept /);
});

test("compile() refuses two flags of one name", () => {
  const twice = snapshotOf([flagOf("meal_planning"), flagOf("meal_planning")]);
  expect(() => compile(twice)).toThrow('Cannot compile a list: it has two flags "meal_planning"');
});

test("compile() refuses a snapshot with an invalid time", () => {
  const snapshot = { ...snapshotOf([]), updated_at: "yesterday" };
  expect(() => compile(snapshot)).toThrow(/^Cannot accept the response /);
});

test("each compiled response is what openapi.yaml and responses.schema.json describe", () => {
  const validate = validator();
  const misfits = compile(snapshotOf(manyFlags)).responses.flatMap(({ path, body }) => {
    const value = JSON.parse(body);
    return schemasOf(path).flatMap((schema) => validate(schema, value) ?? []);
  });
  expect(misfits).toEqual([]);
});

test("formatManifest() writes one line for each response, without its body", () => {
  const release = compile(snapshotOf(manyFlags));
  const manifest = formatManifest(release);
  const { responses, ...head } = JSON.parse(manifest);
  expect(head).toEqual({ format: 1, commit: release.commit, committed_at: release.committed_at });
  expect(responses).toEqual(release.responses.map(({ body: _, ...rest }) => rest));
  expect(manifest.split("\n")).toHaveLength(responses.length + 3);
});

test.each([
  [0, "1970-01-01T00:00:00Z"],
  [1725105600, "2024-08-31T12:00:00Z"],
  [4102444799, "2099-12-31T23:59:59Z"],
])("timestamp() of %i is %s", (seconds, expected) => {
  expect(timestamp(seconds)).toBe(expected);
});

async function run(env: Record<string, string>): Promise<string> {
  const program = bundleModule(new URL("../snapshots.ts", import.meta.url));
  const options = { env: { ...process.env, ...env } };
  const { stdout } = await promisify(execFile)(process.execPath, [program], options);
  return stdout;
}

function bodyOf({ responses }: Pick<Release, "responses">, path: string): string {
  const response = responses.find((response) => response.path === path);
  return response?.body ?? expect.fail(`There is no response for ${path}`);
}

/** The schemas that a body must meet: the published one, and the API's for its content type. */
function schemasOf(path: string): string[] {
  if (path.startsWith("/errors/")) return ["responses.schema.json#/$defs/Problem"];
  const name = path.endsWith("/") ? "FlagList" : "Flag";
  const type = contentTypeOf(path).replace("/", "~1");
  return [
    `responses.schema.json#/$defs/${name}`,
    `openapi.yaml#/components/responses/${name}/content/${type}/schema`,
  ];
}

/** Validates against a schema in `schema/`, by its file and JSON pointer. */
function validator() {
  const base = "https://bunting.example/schema/";
  const api = parse(readFileSync(new URL("../../../schema/openapi.yaml", import.meta.url), "utf8"));
  const responses = readFileSync(
    new URL("../../../schema/responses.schema.json", import.meta.url),
    "utf8",
  );
  const ajv = new Ajv2020({ allErrors: true, strict: true, strictRequired: false });
  ajv.addVocabulary(Object.keys(api));
  ajv.addSchema(JSON.parse(responses));
  ajv.addSchema(api, `${base}openapi.yaml`, undefined, false);
  return (reference: string, value: unknown) => {
    const validate = ajv.compile({ $ref: base + reference });
    return validate(value) ? undefined : validate.errors;
  };
}
