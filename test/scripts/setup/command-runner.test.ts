import { writeFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../git/repository.ts";
import { runCommand } from "./command-runner.ts";

function run(code: string, ...args: string[]) {
  const cwd = temporaryDirectory();
  const program = path.join(cwd, "program.mjs");
  writeFileSync(program, code);
  return runCommand({ program, args, cwd, env: { NAME: "value" } });
}

test("runCommand() gives a program its arguments, directory and environment, and returns its output and exit code", async () => {
  const code = `import { writeFileSync } from "node:fs";
writeFileSync("here.txt", "");
process.stdout.write(JSON.stringify([process.argv.slice(2), process.env]));
process.stderr.write("a warning");
process.exitCode = 3;
`;
  expect(await run(code, "a", "--b")).toEqual({
    code: 3,
    stdout: '[["a","--b"],{"NAME":"value"}]',
    stderr: "a warning",
  });
  expect(await run("")).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("runCommand() waits for what keeps a process running", async () => {
  const code = `setTimeout(() => process.stdout.write("late"), 50);
setTimeout(() => {}, 100_000).unref();
`;
  expect(await run(code)).toEqual({ code: 0, stdout: "late", stderr: "" });
});

test("runCommand() fails if its process ends, and runs the next command in another one", async () => {
  await expect(run("process.exit(4);", "stop")).rejects.toThrow(
    'Cannot run "stop": its process ended with 4',
  );
  expect(await run("process.exitCode = 1;")).toMatchObject({ code: 1 });
});
