import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { findProgram } from "../../s3/program.ts";
import { listWorkflows } from "../site/files.ts";
import { actionlint, shellcheck, shellcheckFiles } from "./lint.ts";

const good = readFileSync("test/fixtures/workflows/good.yml", "utf8");

const isMissing = findProgram("shellcheck") === undefined;
if (isMissing) {
  const cure = "apt-get install -y --no-install-recommends shellcheck";
  process.stderr.write(
    `\nSKIPPED, NOT TESTED: the workflows' scripts, because shellcheck is missing (${cure})\n`,
  );
}
/** In CI it runs nevertheless, and fails. */
const testWithShellcheck = test.skipIf(isMissing && !process.env.CI);

describe.each(listWorkflows())("$name", ({ name, text }) => {
  test("passes actionlint", async () => {
    expect(await actionlint(name, text)).toEqual([]);
  });

  testWithShellcheck("passes shellcheck", () => {
    expect(shellcheck(text)).toEqual([]);
  });
});

const installers = [
  "install",
  "programs/build-go",
  ...["flagd", "go", "java", "python"].map((name) => `programs/${name}/install`),
].map((name) => `test/languages/${name}`);

testWithShellcheck("the scripts that CI and these tests start pass shellcheck", () => {
  expect(shellcheckFiles([".ci/run", "test/workflows/tools/npm", ...installers])).toEqual([]);
});

test("actionlint() finds no mistake in the unchanged fixture", async () => {
  expect(await actionlint("good.yml", good)).toEqual([]);
});

test.each([
  ["runs-on: ubuntu-24.04", "runs_on: ubuntu-24.04", "runs_on"],
  ["github.event.head_commit.message", "github.evnt", "evnt"],
  ["contents: read", "content: read", 'unknown permission scope "content"'],
  ["push:", "pushed:", 'unknown Webhook event "pushed"'],
  ["name: Say", "if: always( && true\n        name: Say", "unexpected"],
])("actionlint() finds the mistake if %j is replaced by %j", async (right, wrong, message) => {
  const found = await actionlint(
    "good.yml",
    good.replace(right, () => wrong),
  );
  expect(found.join("\n")).toContain(message);
});

testWithShellcheck("shellcheck() finds a variable without quotes, with its line", () => {
  expect(shellcheck(good)).toEqual([]);
  const [block, line] = ["|\n          true\n          echo $MESSAGE", "echo $MESSAGE"];
  expect(shellcheck(good.replace('echo "$MESSAGE"', () => block))).toEqual([
    expect.stringMatching(/^23: .* \[SC2086\]$/),
  ]);
  expect(shellcheck(good.replace('echo "$MESSAGE"', () => line))).toEqual([
    expect.stringMatching(/^21: .* \[SC2086\]$/),
  ]);
});
