/** The snippets of the READMEs compile unchanged where the package is installed, and one of them runs. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { top } from "../scripts/setup/run.ts";
import { Application } from "./tarball.ts";

interface Snippet {
  readonly file: string;
  readonly text: string;
}

/** The fenced blocks of a README in one of our languages, without their indentation. */
function snippetsOf(readme: string): Snippet[] {
  const text = readFileSync(path.join(top, readme), "utf8");
  const fence = /^( *)```(ts|tsx|js)\n([\s\S]*?)^\1```/gm;
  return [...text.matchAll(fence)].map(([, indent = "", language = "", code = ""], index) => ({
    file: `${readme.slice(0, -".md".length)}-${index}.${language === "js" ? "ts" : language}`,
    text: code.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  }));
}

const snippets = ["README.md", "client/README.md"].flatMap(snippetsOf);
/** These pages also show other providers. */
const ofLanguages = ["javascript-browser", "javascript-server"]
  .flatMap((page) => snippetsOf(`docs/languages/${page}.md`))
  .filter(({ text }) => text.includes('from "bunting/'));
/** The declarations that the snippets expect from the application. */
const application = {
  "application.d.ts": "declare function renderMealPlanning(): void;\n",
  "client/app.tsx": snippets.find(({ text }) => text.includes("function App()"))?.text ?? "",
};
const compilerOptions = {
  ...{ target: "es2022", lib: ["es2022", "dom"], module: "esnext", moduleResolution: "bundler" },
  ...{ strict: true, noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true },
  ...{ jsx: "react-jsx", noEmit: true, skipLibCheck: true, allowImportingTsExtensions: true },
  types: ["node"],
};
const packages = [
  ...["react", "react-dom", "@types/react", "@types/react-dom", "csstype"],
  ...["@types/node", "undici-types"],
  ...["@openfeature/core", "@openfeature/web-sdk", "@openfeature/server-sdk"],
];

/** `installed()` is the `node_modules` of the package, when the tests run. */
export function testSnippets(installed: () => string): void {
  test("the snippets of README.md, client/README.md and docs/languages compile", () => {
    expect(snippets.length).toBeGreaterThanOrEqual(10);
    expect(ofLanguages).toHaveLength(3);
    for (const { text } of snippets) expect(text).toMatch(/from "bunting\/client/);
    const files = {
      ...application,
      ...Object.fromEntries([...snippets, ...ofLanguages].map(({ file, text }) => [file, text])),
      "tsconfig.json": JSON.stringify({ compilerOptions, include: ["."] }),
      "package.json": '{ "type": "module" }',
    };
    const { code, output } = new Application(installed(), files, packages).run("tsc", "-p", ".");
    expect(output).toBe("");
    expect(code).toBe(0);
  });

  test("the snippet about testing prints what its comments say", () => {
    const { text = "" } = snippets.find(({ text }) => text.includes("createMemoryFlags({")) ?? {};
    expect(text).toContain("// true");
    const main = `${text}\nconsole.log(JSON.stringify(flags.all()));\n`;
    const ran = new Application(installed(), { "main.mjs": main }).run("node", "main.mjs");
    expect(ran).toEqual({ code: 0, output: '{"meal_planning":false}\n' });
  });
}
