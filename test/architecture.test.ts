// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these strings are source code
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { commandNames } from "../scripts/commands.ts";
import { readCode } from "./architecture/read-code.ts";
import { topFolders } from "./architecture/rules.ts";
import { findViolations } from "./architecture/violations.ts";

const top = fileURLToPath(new URL("../", import.meta.url));

test("every module imports only what its folder may import, schema/ is pure, and no file has over 200 lines", () => {
  const sources = readSources();
  expect(Object.keys(sources)).toEqual(
    expect.arrayContaining(["schema/file/validate.ts", "client/example/page.tsx"]),
  );
  expect(findViolations(sources)).toEqual([]);
});

test("only schema/compile/outputs.ts has the paths of outputs and the cache lines of their answers", () => {
  const { [table]: text, ...others } = readSources();
  const lines = /\/feature-flags|private, no-cache|stale-while-revalidate/;
  expect(text).toMatch(lines);
  const found = Object.entries(others).filter(
    ([file, source]) =>
      /^(?:schema|server|store)\//.test(file) && lines.test(source.replace(comments, "")),
  );
  expect(found.map(([file]) => file)).toEqual([]);
});

test("only startGit() starts git, and only children.ts other processes of the store and the server", () => {
  const users = (pattern: RegExp) =>
    Object.entries(readSources())
      .filter(([file, source]) => /^(?:store|server)\//.test(file) && pattern.test(source))
      .map(([file]) => file);
  expect(users(/\bgitEnvironment\(/)).toEqual(["store/git/environment.ts", "store/git/git.ts"]);
  expect(users(/import \{[^}]*\} from "node:child_process"/)).toEqual(["store/git/children.ts"]);
});

const table = "schema/compile/outputs.ts";
const comments = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

test("texts of schema, store and server name a command in a form that withCommandLines() finds", () => {
  const command = `bunting (?:${commandNames.join("|")})`;
  const other = new RegExp(`(?<!: |[\`"])\\b${command}\\b`);
  const found = Object.entries(readSources()).filter(
    ([file, source]) => /^(?:schema|server|store)\//.test(file) && other.test(source),
  );
  // Write "run: bunting NAME".
  expect(found.map(([file]) => file)).toEqual([]);
});

test("subfolders import each other one way: each only those before it in the table, and modules of no subfolder", () => {
  const wrong = Object.values(topFolders).flatMap(({ folders = {} }) => {
    const { "": _, ...subfolders } = folders;
    const order = Object.keys(subfolders);
    return Object.entries(subfolders).flatMap(([folder, allowed], index) =>
      allowed
        .filter((other) => other !== "" && !order.slice(0, index).includes(other))
        .map((other) => `${folder} imports ${other}`),
    );
  });
  expect(wrong).toEqual([]);
});

/** Every module outside of the tests, by its path from the top. */
function readSources(): Record<string, string> {
  const others = ["test", "node_modules", "dist", "coverage"];
  const tops = readdirSync(top, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith(".") && !others.includes(name))
    .flatMap((entry) => (entry.isDirectory() ? listFiles(entry.name) : [entry.name]));
  const modules = tops.filter((file) => /\.(?:[cm]?[jt]s|[jt]sx)$/.test(file));
  return Object.fromEntries(
    modules.map((file) => [file, readFileSync(path.join(top, file), "utf8")]),
  );
}

function listFiles(folder: string): string[] {
  const options = { recursive: true, encoding: "utf8" } as const;
  return readdirSync(path.join(top, folder), options).map((file) =>
    path.posix.join(folder, file.replaceAll(path.sep, "/")),
  );
}

describe("findViolations() lets pass", () => {
  test.each([
    ["schema/file/a.ts", 'import { b } from "./b.ts"; import type { C } from "../flag/d.ts";'],
    ["schema/file/a.ts", 'import { parse } from "yaml"; import { hash } from "node:crypto";'],
    ["schema/file/a.ts", 'import { Ajv2020 } from "ajv/dist/2020.js";'],
    ["schema/file/a.ts", 'import schema from "./flag.schema.json" with { type: "json" };'],
    ["schema/plan/d.ts", 'import { a } from "../compile/a.ts";'],
    ["store/git/a.ts", 'import { a } from "../../schema/a.ts"; import fs from "node:fs";'],
    ["store/publish/a.ts", 'import { S3Client } from "@aws-sdk/client-s3"; import "./b.ts";'],
    ["store/writes/a.ts", 'import { a } from "../git/a.ts"; import { b } from "../snapshot/b.ts";'],
    ["scripts/a.ts", 'import { a } from "../store/a.ts"; import { b } from "../schema/b.ts";'],
    ["server/a.ts", 'import { a } from "../store/a.ts"; export { b } from "../schema/b.ts";'],
    ["client/a.ts", 'import type { A } from "../schema/a.ts"; import { b } from "./b.ts";'],
    ["client/react.ts", 'import { useContext } from "react"; import { a } from "./a.ts";'],
    ["client/openfeature.ts", 'import type { Provider } from "@openfeature/web-sdk";'],
    ["client/example/a.ts", 'import { createRoot } from "react-dom/client";'],
    ["store/git/a.ts", "a;\n".repeat(200)],
    ["server/a.ts", 'import { a } from "./routes/reads/a.ts";'],
    [
      "server/routes/reads/a.ts",
      'import type { A } from "../../parts.ts"; import "../events/a.ts";',
    ],
    ["scripts/github/a.ts", 'import { a } from "../command/a.ts";'],
    ["vitest.config.ts", 'import { defineConfig } from "vitest/config";'],
  ])("%s: %s", (file, source) => {
    expect(findViolations({ [file]: source })).toEqual([]);
  });

  test.each([
    '// import fs from "node:fs"; process.exit()\n/* new Date() */',
    "const text = \"import fs from 'node:fs'\"; const other = 'Date.now()';",
    'const text = `import "node:fs" ${name} Math.random()`;',
    "const pattern = /process|fetch['\"`]/; const half = a / 2 / b;",
    "const time = new Date(0); const same = new Date( time ); Date.parse(text); Date.UTC(1, 2);",
    "task.process(data.fetch, { preprocess: 1, fetched: 2, $process: 3 });",
    "export const from = 1; export type A = { from: 1 };",
  ])("schema/file/a.ts: %s", (source) => {
    expect(findViolations({ "schema/file/a.ts": source })).toEqual([]);
  });
});

describe("findViolations() refuses", () => {
  test.each([
    ["schema/a.ts", 'import { a } from "../store/a.ts";', "imports ../store/a.ts"],
    ["schema/a.ts", 'import type { A } from "../store/a.ts";', "imports ../store/a.ts"],
    ["schema/a.ts", 'import fs from "node:fs";', "imports node:fs"],
    ["schema/a.ts", "import fs from 'fs'", "imports fs"],
    ["schema/a.ts", 'import * as net from "node:net";', "imports node:net"],
    ["schema/a.ts", 'import a, { b } from "node:http";', "imports node:http"],
    ["schema/a.ts", 'import "node:process";', "imports node:process"],
    ["schema/a.ts", 'import{exec}from"node:child_process"', "imports node:child_process"],
    ["schema/a.ts", 'export { Worker } from "node:worker_threads";', "imports node:worker_threads"],
    ["schema/a.ts", 'export type { A } from "node:timers";', "imports node:timers"],
    ["schema/a.ts", 'const fs = await import("node:fs/promises");', "imports node:fs/promises"],
    ["schema/a.ts", 'let a: import("node:fs").Stats;', "imports node:fs"],
    ["schema/a.ts", "await import(name);", "imports a computed name"],
    ["schema/a.ts", "await import(`node:fs`);", "imports a computed name"],
    ["schema/a.ts", 'import "yaml\\u002dother";', "imports yaml\\u002dother"],
    ["schema/a.ts", 'import "yaml-other";', "imports yaml-other"],
    ["schema/a.ts", 'import "file:///etc/passwd";', "imports file:///etc/passwd"],
    ["schema/a.ts", 'import { a } from "../../elsewhere/a.ts";', "imports ../../elsewhere/a.ts"],
    ["schema/a.ts", 'import { a } from "../test/a.ts";', "imports ../test/a.ts"],
    ["store/a.ts", 'import { a } from "../server/a.ts";', "imports ../server/a.ts"],
    ["store/a.ts", 'import { a } from "../scripts/a.ts";', "imports ../scripts/a.ts"],
    ["store/a.ts", 'import { a } from "../test/git/a.ts";', "imports ../test/git/a.ts"],
    ["scripts/a.ts", 'import { a } from "../server/a.ts";', "imports ../server/a.ts"],
    ["scripts/a.ts", 'import { a } from "../test/git/a.ts";', "imports ../test/git/a.ts"],
    ["server/b/a.ts", 'import { a } from "../../scripts/a.ts";', "imports ../../scripts/a.ts"],
    ["server/a.ts", 'import type { A } from "../client/a.ts";', "imports ../client/a.ts"],
    ["client/a.ts", 'import { a } from "../schema/a.ts";', "imports ../schema/a.ts"],
    [
      "client/a.ts",
      'import { a } from "../schema/evaluate/a.ts";',
      "imports ../schema/evaluate/a.ts",
    ],
    ["client/rules.ts", 'import { a } from "../schema/file/a.ts";', "imports ../schema/file/a.ts"],
    ["client/a.ts", 'import { type A } from "../schema/a.ts";', "imports ../schema/a.ts"],
    ["client/a.ts", 'import type { A } from "../store/a.ts";', "imports ../store/a.ts"],
    ["client/a.ts", 'import { parse } from "yaml";', "imports yaml"],
    ["client/a.ts", 'import type { A } from "node:http";', "imports node:http"],
    ["client/a.ts", 'import { useContext } from "react";', "imports react"],
    [
      "client/react.ts",
      'import { a } from "@openfeature/web-sdk";',
      "imports @openfeature/web-sdk",
    ],
    ["client/react.ts", 'import { a } from "react-dom";', "imports react-dom"],
    ["client/openfeature.ts", 'import type { A } from "react";', "imports react"],
    ["client/core/react.ts", 'import { useContext } from "react";', "imports react"],
    ["schema/flag/a.ts", 'import { a } from "../file/a.ts";', "imports ../file/a.ts"],
    ["schema/a.ts", 'export * from "./b.ts";', "is a barrel"],
    ["schema/utils.ts", "", "has a vague name"],
    ["store/git/lib/a.ts", "", "has a vague name"],
    ["store/a.ts", "", "is in no subfolder that has rules"],
    ["store/other/a.ts", "", "is in no subfolder that has rules"],
    ["store/git/a.ts", 'import { a } from "../writes/a.ts";', "imports ../writes/a.ts"],
    ["store/build/a.ts", 'import type { A } from "../publish/a.ts";', "imports ../publish/a.ts"],
    [
      "server/http/a.ts",
      'import type { A } from "../routes/writes/a.ts";',
      "imports ../routes/writes/a.ts",
    ],
    ["server/routes/events/a.ts", 'import { a } from "../reads/a.ts";', "imports ../reads/a.ts"],
    ["server/auth/a.ts", 'import type { A } from "../parts.ts";', "imports ../parts.ts"],
    ["server/routes/other/a.ts", "", "is in no subfolder that has rules"],
    ["scripts/command/a.ts", 'import("../plan.ts");', "imports ../plan.ts"],
    ["client/example/a.tsx", 'import { a } from "../../store/a.ts";', "imports ../../store/a.ts"],
    ["server/index.ts", "", "has a vague name"],
    ["store/git/a.ts", "a;\n".repeat(201), "has 201 lines, more than 200"],
    ["lib/a.ts", "", "is in no folder that has rules"],
    ["loose.ts", "", "is in no folder that has rules"],
  ])("%s: %s", (file, source, what) => {
    expect(findViolations({ [file]: source })).toContain(`${file}:1: ${what}`);
  });

  test.each([
    ["process.env", "the process: process"],
    ["const { env } = process", "the process: process"],
    ["f(...process.argv)", "the process: process"],
    ["globalThis.process", "the process: globalThis"],
    ["Date.now()", "the clock: Date.now"],
    ["new Date()", "the clock: new Date"],
    ["new Date", "the clock: new Date"],
    ["new Date( /* now */ )", "the clock: new Date"],
    ["Date()", "the clock: Date("],
    ["performance.now()", "the clock: performance"],
    ["setTimeout(f)", "a timer: setTimeout"],
    ["date.getHours()", "the time zone: .getHours"],
    ["Math.random()", "chance: Math.random"],
    ["crypto.randomUUID()", "chance: crypto"],
    ["fetch(url)", "the network: fetch"],
    ["`at ${fetch(url)}`", "the network: fetch"],
    ["`at ${ { a: `${1}` } } ${fetch(url)}`", "the network: fetch"],
    ["a.localeCompare(b)", "the locale: localeCompare"],
    ["n.toLocaleString()", "the locale: toLocaleString"],
    ["a.toLocaleLowerCase()", "the locale: toLocaleLowerCase"],
    ["new Intl.Collator()", "the locale: Intl"],
    ["const half = a / 2; fetch(url) / 2", "the network: fetch"],
    ["import.meta.url", "its own location: import.meta"],
    ['eval("1")', "computed code: eval"],
  ])("schema/a.ts: %s", (source, what) => {
    expect(findViolations({ "schema/a.ts": `\n${source}` })).toContain(
      `schema/a.ts:2: uses ${what}`,
    );
  });
});

describe("readCode()", () => {
  test.each([
    ["f('it\\'s', \"\\\"\") // 'x'", 'f("0", "1")  '],
    ["a /* 'b'\n */ c", "a  \n c"],
    ["x = /['\"`/]\\//g.test(y) / 2", "x = /.test(y) / 2"],
    ["`a ${b + `c ${d}` + { e: {} }.e} f` / 2", "`b + `d` + { e: {} }.e` / 2"],
    ["return /'/", "return /"],
    ["a[0] / b[1] / 'c'", 'a[0] / b[1] / "0"'],
    ["`${/`/}`", "`/`"],
    ["<p>{a && <br />} b</p>; 'c'", '<p>{a && <br />} b</p>; "0"'],
  ])("leaves of %s only code", (source, text) => {
    expect(readCode(source).text).toBe(text);
  });

  test.each(['"open', "'line\n'", "`open ${a"])("refuses %j, which has no end", (source) => {
    expect(() => readCode(source)).toThrow(/^Cannot read the code/);
  });
});
