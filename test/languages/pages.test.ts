/** Runs the commands and programs of every page of `docs/languages`, with a real server and a published release. */
import { execFile } from "node:child_process";
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryDirectory } from "../git/repository.ts";
import { top } from "../scripts/setup/run.ts";
import { type Api, startService } from "../server/setup/api.ts";
import { Remote } from "../server/setup/remote.ts";
import { Evaluator } from "./evaluator.ts";
import { commandOf, describeWith, directoryOf, goCommand, pythonCommand } from "./programs.ts";
import { Release } from "./release.ts";
import { serveDirectory } from "./static-server.ts";

const files = {
  "bunting.yaml":
    "environments:\n  - production\nattributes:\n  country: string\npublish:\n  definitions: true\n",
  "flags/new_checkout.yaml": `description: Check out in one step
enabled: true
rollout: 0
rules:
  - name: sweden
    if: { country: SE }
    enabled: true
`,
};
const release = new Release();
let api: Api;
let site: Awaited<ReturnType<typeof serveDirectory>>;

beforeAll(async () => {
  await release.build(files);
  site = await serveDirectory(release.directory);
  api = await startService({ remote: new Remote(files) });
});
afterAll(() => site?.[Symbol.asyncDispose]());

/** The code of a page in a language, with the addresses of this test. */
function snippets(page: string, language: string): string[] {
  const text = readFileSync(path.join(top, "docs/languages", `${page}.md`), "utf8");
  const fence = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm");
  return [...text.matchAll(fence)].map(([, code = ""]) =>
    code
      .replaceAll("https://flags.example.com", api.url)
      .replaceAll("https://cdn.example.com", site.url)
      .replaceAll("/srv/flags", release.directory),
  );
}

/** The output of a program. */
async function outputOf([program, ...args]: readonly string[], cwd: string): Promise<string> {
  const env = { ...process.env, FLAGS_TOKEN: api.tokens.of("reader") };
  const { stdout } = await promisify(execFile)(program ?? "", args, { cwd, env });
  return stdout;
}

const expected = "The new checkout\n";

describeWith("go")("docs/languages/go.md", () => {
  test("the program prints the documented output", async () => {
    const directory = temporaryDirectory();
    const sources = fileURLToPath(new URL("programs/go/", import.meta.url));
    for (const name of ["go.mod", "go.sum"]) {
      cpSync(path.join(sources, name), path.join(directory, name));
    }
    const [code = ""] = snippets("go", "go");
    writeFileSync(path.join(directory, "main.go"), code);
    expect(await outputOf([goCommand(), "run", "."], directory)).toBe(expected);
  });
});

describeWith("python")("docs/languages/python.md", () => {
  test.each([0, 1])("program %i prints the documented output", async (index) => {
    const directory = temporaryDirectory();
    const [python] = pythonCommand("requirements");
    writeFileSync(path.join(directory, "main.py"), snippets("python", "python")[index] ?? "");
    expect(await outputOf([python, "main.py"], directory)).toBe(expected);
  });
});

describeWith("java")("docs/languages/java.md", () => {
  test("the program prints the documented output", async () => {
    const directory = temporaryDirectory();
    const [code = ""] = snippets("java", "java");
    writeFileSync(path.join(directory, "Shop.java"), code);
    const classes = path.join(directoryOf("java"), "lib/*");
    expect(await outputOf(["java", "-cp", classes, "Shop.java"], directory)).toBe(expected);
  });
});

describe.each(["javascript-server", "javascript-browser"])("docs/languages/%s.md", (page) => {
  test.each([0, 1])("program %i prints the documented output", async (index) => {
    const directory = temporaryDirectory();
    symlinkSync(path.join(top, "node_modules"), path.join(directory, "node_modules"));
    await build({
      stdin: { contents: snippets(page, "js")[index] ?? "", resolveDir: top, loader: "js" },
      alias: { "bunting/client": path.join(top, "client") },
      outfile: path.join(directory, "main.mjs"),
      bundle: true,
      format: "esm",
      platform: "node",
      packages: "external",
    });
    expect(await outputOf([process.execPath, "main.mjs"], directory)).toBe(expected);
  });
});

describeWith("flagd")("docs/languages/flagd.md", () => {
  test.each([0, 1])("flagd's engine evaluates from the URL of command %i", async (index) => {
    const [, uri = ""] = /--uri (\S+)/.exec(snippets("flagd", "console")[index] ?? "") ?? [];
    const [kind, source] = uri.startsWith("file:") ? ["file", uri.slice(5)] : ["http", uri];
    const flag = { name: "new_checkout", type: "boolean" } as const;
    using program = new Evaluator([...commandOf("flagd"), kind, source], [flag]);
    const answers = await program.evaluate([{ country: "SE" }, { country: "DK" }]);
    expect(answers).toEqual([[[true, "on", null]], [[false, "off", null]]]);
  });
});

test("the pages name the versions that are tested", () => {
  const read = (file: string) => readFileSync(path.join(top, file), "utf8");
  const named = (page: string, pattern: RegExp) =>
    [...read(`docs/languages/${page}.md`).matchAll(pattern)].map(([, what = ""]) => what);
  const programs = "test/languages/programs";
  const go = read(`${programs}/go/go.mod`);
  for (const what of named("go", /go get (\S+)/g)) expect(go).toContain(what.replace("@", " "));
  const python = read(`${programs}/python/requirements.txt`);
  for (const what of named("python", /(\S+==\S+)/g)) expect(python).toContain(what);
  const java = read(`${programs}/java/pom.xml`);
  for (const what of named("java", /(<artifactId>[\s\S]*?<\/version>)/g)) {
    expect(java.replaceAll(/\s+/g, "")).toContain(what.replaceAll(/\s+/g, ""));
  }
  const packages = JSON.parse(read("package.json")).devDependencies;
  const npm = ["javascript-server", "javascript-browser"].flatMap((page) =>
    named(page, /(@[a-z-]+\/[a-z-]+@[\d.]+)/g),
  );
  for (const what of npm) {
    const at = what.lastIndexOf("@");
    expect({ [what.slice(0, at)]: packages[what.slice(0, at)] }).toEqual({
      [what.slice(0, at)]: what.slice(at + 1),
    });
  }
});
