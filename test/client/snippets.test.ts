/** What `client/README.md` shows is taken by TypeScript as it stands. */
import { spawnSync } from "node:child_process";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../git/repository.ts";
import { top } from "../scripts/run.ts";

test("the snippets of client/README.md compile in an application", () => {
  const readme = readFileSync(path.join(top, "client/README.md"), "utf8");
  const snippets = [...readme.matchAll(/^```(tsx?)\n([\s\S]*?)^```/gm)].filter(([text]) =>
    text.includes("bunting/client/"),
  );
  expect(snippets.length).toBeGreaterThanOrEqual(4);

  const application = temporaryDirectory();
  symlinkSync(path.join(top, "node_modules"), path.join(application, "node_modules"));
  for (const [index, [, type, text = ""]] of snippets.entries()) {
    writeFileSync(path.join(application, `snippet-${index}.${type}`), text);
    if (text.includes("export function App()")) {
      writeFileSync(path.join(application, "app.tsx"), text);
    }
  }
  const configuration = {
    extends: path.join(top, "client/tsconfig.json"),
    compilerOptions: {
      module: "esnext",
      moduleResolution: "bundler",
      paths: { "bunting/*": [path.join(top, "*")] },
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
