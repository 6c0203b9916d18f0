/// <reference path="../../setup/provided.d.ts" />
/** The questions of `bunting init`, on a pseudo-terminal. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, inject, test } from "vitest";
import { temporaryDirectory } from "../../git/repository.ts";
import { program } from "../../s3/program.ts";
import { bareEnvironment } from "../setup/run.ts";

const questions = ["Environments, ", "Names of flags: ", "Who reviews changes, ", "Check flags "];
const answers = ["production, qa", "kebab-case", "@acme/platform", "yes"];

/** Runs `bunting init` and types each text when the question of the same position is shown. */
async function initOnTerminal(texts: readonly string[]) {
  const directory = temporaryDirectory();
  const command = `'${process.execPath}' '${inject("program")}' init`;
  const child = spawn(program("script"), ["-qec", command, "/dev/null"], {
    cwd: directory,
    env: { ...bareEnvironment, TERM: "xterm" },
  });
  let output = "";
  let typed = 0;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (output.includes(questions[typed] ?? "\0")) child.stdin.write(texts[typed++] ?? "");
  });
  const [code] = await once(child, "close");
  return { directory, code, output };
}

function read(directory: string, file: string): string {
  return readFileSync(path.join(directory, file), "utf8");
}

describe.concurrent("bunting init asks on a terminal", () => {
  test.each([
    ["one answer at a time", answers.map((answer) => `${answer}\r`)],
    ["all answers pasted at once", [answers.map((answer) => `${answer}\r`).join("")]],
  ])("%s", async (_, texts) => {
    const { directory, code, output } = await initOnTerminal(texts);
    expect(code, output).toBe(0);
    for (const question of questions) expect(output).toContain(question);
    const project = read(directory, "bunting.yaml");
    expect(project).toContain("environments:\n  - production\n  - qa\n");
    expect(read(directory, ".github/CODEOWNERS")).toContain("@acme/platform\n");
    expect(readdirSync(path.join(directory, "flags/example"))).toEqual(["welcome-banner.yaml"]);
    expect(readdirSync(path.join(directory, ".githooks"))).toEqual(["pre-commit"]);
  });

  test("and takes the defaults for empty answers", async () => {
    const { directory, code } = await initOnTerminal(["\r", "\r", "\r", "\r"]);
    expect(code).toBe(0);
    expect(read(directory, "bunting.yaml")).toContain("  - application\n  - staging\n");
    expect(readdirSync(directory)).not.toContain(".githooks");
  });

  test.each([
    ["Ctrl+C", "\x03"],
    ["Ctrl+D", "\x04"],
  ])("and writes nothing after %s", async (_, key) => {
    const { directory, code, output } = await initOnTerminal([`${answers[0]}\r`, key]);
    expect(output).toContain(
      "Cannot ask for the choices: the input has ended; nothing was written",
    );
    expect(code).toBe(2);
    expect(readdirSync(directory)).toEqual([]);
  });
});
