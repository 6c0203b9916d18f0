import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryDirectory } from "../git/repository.ts";

const root = path.resolve(import.meta.dirname, "../..");
const readme = readFileSync(path.join(root, "client/README.md"), "utf8");
const clone = path.join(temporaryDirectory(), "a clone");
const taken = path.join(clone, "dist/client");

/** The fenced blocks in one of these languages, without their indentation. */
function blocks(...languages: string[]): { language: string; text: string }[] {
  const fence = new RegExp(`^( *)\`\`\`(${languages.join("|")})\\n([\\s\\S]*?)^\\1\`\`\``, "gm");
  return [...readme.matchAll(fence)].map(([, indent = "", language = "", text = ""]) => {
    return { language, text: text.replaceAll(new RegExp(`^${indent}`, "gm"), "") };
  });
}

function run(command: string): string {
  const env = { ...process.env, NO_COLOR: "1", npm_config_loglevel: "error" };
  const { stdout, stderr } = spawnSync("bash", ["-c", command], {
    cwd: clone,
    encoding: "utf8",
    env,
  });
  return (stdout + stderr).trim();
}

describe("client/README.md", () => {
  beforeAll(() => {
    const cloned = spawnSync("git", ["clone", "--quiet", "--no-local", root, clone]);
    expect(cloned.stderr.toString()).toBe("");
    symlinkSync(path.join(root, "node_modules"), path.join(clone, "node_modules"));
  });

  // The example has a test of its own, and so have the snippets that import the client by a path.
  const steps = blocks("console")
    .filter(({ text }) => !text.includes("run --silent example"))
    .flatMap(({ text }) => text.split(/^\$ /m).slice(1));
  test.each(steps.map((step) => step.split("\n")))("%s", (command, ...output) => {
    const shown = (text: string) => text.replaceAll(/\b\d+\.\d kB/g, "SIZE").trim();
    expect(shown(run(command ?? ""))).toBe(shown(output.join("\n")));
  });

  test("every snippet compiles against what was bundled", () => {
    expect(existsSync(path.join(taken, "flags.d.ts"))).toBe(true);
    const snippets = blocks("ts", "tsx").filter(({ text }) => !text.includes("bunting/client/"));
    expect(snippets.length).toBeGreaterThan(2);
    for (const [at, { language, text }] of snippets.entries()) {
      writeFileSync(path.join(taken, `snippet-${at}.${language}`), text);
    }
    writeFileSync(
      path.join(taken, "around.d.ts"),
      "declare function renderMealPlanning(): void;\n",
    );
    const compilerOptions = {
      target: "es2022",
      lib: ["es2022", "dom", "dom.iterable"],
      module: "esnext",
      moduleResolution: "bundler",
      moduleDetection: "force",
      jsx: "react-jsx",
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      types: [],
      skipLibCheck: true,
    };
    writeFileSync(path.join(taken, "tsconfig.json"), JSON.stringify({ compilerOptions }));
    expect(run("node_modules/.bin/tsc --pretty false -p dist/client")).toBe("");
  });

  test("what a test is shown to do works in Node", () => {
    const snippet = blocks("ts").find(({ text }) => text.includes("createMemoryFlags"))?.text ?? "";
    const folder = path.join(taken, "memory");
    mkdirSync(folder, { recursive: true });
    const shown = snippet.replace("./memory.js", "../memory.js");
    writeFileSync(path.join(folder, "shown.ts"), `${shown}\nconsole.log(flags.all());\n`);
    writeFileSync(path.join(folder, "package.json"), '{"type":"module"}');
    expect(run("node --import tsx dist/client/memory/shown.ts")).toContain("meal_planning: false");
    rmSync(folder, { recursive: true });
  });
});
