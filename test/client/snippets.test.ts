/** The snippets of `client/README.md` compile unchanged, and the testing snippet runs. */
import { spawnSync } from "node:child_process";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../git/repository.ts";
import { top } from "../scripts/run.ts";

const readme = readFileSync(path.join(top, "client/README.md"), "utf8");

/** The fenced blocks in one of these languages, without their indentation. */
function snippets(...languages: string[]): { language: string; text: string }[] {
  const fence = new RegExp(`^( *)\`\`\`(${languages.join("|")})\\n([\\s\\S]*?)^\\1\`\`\``, "gm");
  return [...readme.matchAll(fence)].map(([, indent = "", language = "", text = ""]) => {
    return { language, text: text.replaceAll(new RegExp(`^${indent}`, "gm"), "") };
  });
}

/** `bunting/client` and its subpaths, as `package.json` exports them, but from the sources. */
const paths = {
  "bunting/client": [path.join(top, "client/flags.ts")],
  "bunting/client/*": [path.join(top, "client/*.ts")],
};

test("the snippets of client/README.md compile in an application", () => {
  const found = snippets("ts", "tsx");
  expect(found.length).toBeGreaterThanOrEqual(8);
  for (const { text } of found) expect(text).toMatch(/from "bunting\/client/);
  const application = temporaryDirectory();
  symlinkSync(path.join(top, "node_modules"), path.join(application, "node_modules"));
  for (const [index, { language, text }] of found.entries()) {
    writeFileSync(path.join(application, `snippet-${index}.${language}`), text);
    if (text.includes("export function App()")) {
      writeFileSync(path.join(application, "app.tsx"), text);
    }
  }
  writeFileSync(
    path.join(application, "application.d.ts"),
    "declare function renderMealPlanning(): void;\n",
  );
  const configuration = {
    extends: path.join(top, "client/tsconfig.json"),
    compilerOptions: {
      module: "esnext",
      moduleResolution: "bundler",
      paths,
      typeRoots: [path.join(top, "node_modules/@types")],
    },
    include: ["."],
  };
  writeFileSync(path.join(application, "package.json"), '{ "type": "module" }');
  writeFileSync(path.join(application, "tsconfig.json"), JSON.stringify(configuration));
  const tsc = path.join(top, "node_modules/.bin/tsc");
  const { status, stdout } = spawnSync(tsc, ["-p", application], { encoding: "utf8" });
  expect(stdout).toBe("");
  expect(status).toBe(0);
});

test("the snippet about testing prints what its comments say", async () => {
  const snippet = snippets("ts").find(({ text }) => text.includes("createMemoryFlags"))?.text ?? "";
  const { outputFiles } = await build({
    stdin: { contents: `${snippet}\nexport { flags };`, loader: "ts", resolveDir: top },
    alias: { "bunting/client/memory": path.join(top, "client/memory.ts") },
    bundle: true,
    format: "esm",
    write: false,
  });
  const url = `data:text/javascript,${encodeURIComponent(outputFiles[0]?.text ?? "")}`;
  const { flags } = await import(/* @vite-ignore */ url);
  expect(flags.all()).toEqual({ meal_planning: false });
});
