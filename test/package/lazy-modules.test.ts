import type { Metafile } from "esbuild";
import { beforeAll, describe, expect, test } from "vitest";
import { commandNames } from "../../scripts/commands.ts";
import { bundleProgram } from "../../scripts/package/bundle-program.ts";
import { temporaryDirectory } from "../git/repository.ts";

let outputs: Metafile["outputs"];
beforeAll(async () => {
  outputs = (await bundleProgram(temporaryDirectory())).outputs;
});

/** The packages that a command may load before it runs. `ajv` without its compiler. */
const small = ["ajv/dist/runtime", "fast-deep-equal", "fastest-levenshtein", "p-map", "yaml"];
/** The packages that the server loads only when a setting or a request needs them. */
const lazy = /^(?:@aws-sdk\/|@octokit\/|@smithy\/|ajv$|commander$|jose$|react|undici$)/;

describe("the bundled program loads large packages where they are used only", () => {
  test("commands", () => {
    const entries = [...outputsOf(/^scripts\/(?!bunting\.ts|dev\/|package\/)/)];
    expect(entries.length).toBeGreaterThanOrEqual(commandNames.length);
    for (const [entry, file] of entries) expect(listPackages(file, small), entry).toEqual([]);
  });

  test("the server", () => {
    const [[, file] = ["", ""], ...others] = outputsOf(/^server\/main\.ts$/);
    expect(others).toEqual([]);
    const packages = listPackages(file);
    expect(packages).toContain("express");
    expect(packages.filter((name) => lazy.test(name))).toEqual([]);
  });

  test.each([
    [/^store\/github\/octokit\.ts$/, "@octokit/rest"],
    [/^store\/target\/s3-target\.ts$/, "@aws-sdk/client-s3"],
    [/^store\/network\/proxy\.ts$/, "undici"],
    [/\/jose\//, "jose"],
  ])("%s loads %s", (entry, name) => {
    const [[, file] = ["", ""]] = outputsOf(entry);
    expect(listPackages(file)).toContain(name);
  });
});

/** The chunks that are loaded by `import()`: source file and chunk. */
function outputsOf(source: RegExp): (readonly [entry: string, file: string])[] {
  return Object.entries(outputs).flatMap(([file, { entryPoint = "" }]) =>
    source.test(entryPoint) ? [[entryPoint, file] as const] : [],
  );
}

/** The packages in a chunk and in all that it imports statically. */
function listPackages(file: string, except: readonly string[] = []): string[] {
  const found = new Set<string>();
  const files = new Set([file]);
  for (const one of files) {
    const { inputs, imports } = outputs[one] as Metafile["outputs"][string];
    for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
      const [, name] = /.*node_modules\/(ajv\/dist\/runtime|(?:@[^/]+\/)?[^/]+)/.exec(input) ?? [];
      if (name !== undefined && bytesInOutput > 0 && !except.includes(name)) found.add(name);
    }
    for (const { path, kind, external } of imports)
      if (kind === "import-statement" && external !== true) files.add(path);
  }
  return [...found].sort();
}
