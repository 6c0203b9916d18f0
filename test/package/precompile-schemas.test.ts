import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { ValidateFunction } from "ajv";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { parse } from "../../schema/yaml/parse.ts";
import { precompileSchemas } from "../../scripts/package/precompile-schemas.ts";
import { temporaryDirectory } from "../git/repository.ts";
import { top } from "../scripts/setup/run.ts";

const modules = [
  "schema/check/validators.ts",
  "schema/compile/validators.ts",
  "schema/github/validators.ts",
  "server/openapi/validators.ts",
];
/** Files of every kind, each valid or with one mistake, and values of other types. */
const values: unknown[] = [...readFixtures(), "", 1, [], {}, { name: "a" }, { environment: 1 }];

test.each(modules)(
  "precompileSchemas makes validators with the same errors as %s",
  async (file) => {
    const outfile = path.join(temporaryDirectory(), "validators.mjs");
    await build({
      ...{ entryPoints: [path.join(top, file)], outfile, metafile: true },
      ...{ bundle: true, platform: "node", format: "esm", plugins: [precompileSchemas] },
    });
    const precompiled = await import(pathToFileURL(outfile).href);
    const { ajv: _, ...compiled } = await import(pathToFileURL(path.join(top, file)).href);

    expect(Object.keys(precompiled).sort()).toEqual(Object.keys(compiled).sort());
    for (const [name, validate] of Object.entries<ValidateFunction>(compiled)) {
      const results = values.map((value) => [validate(value), validate.errors]);
      const isValid: ValidateFunction = precompiled[name];
      expect(values.map((value) => [isValid(value), isValid.errors])).toEqual(results);
      expect(results.some(([, errors]) => errors !== null)).toBe(true);
    }
  },
);

function readFixtures(): unknown[] {
  const directory = path.join(top, "test/fixtures");
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((file) => /^(?:valid|invalid|plans)\/.*\.(?:ya?ml|json)$/.test(file))
    .sort()
    .map((file) => parse(readFileSync(path.join(directory, file), "utf8")).value);
}
