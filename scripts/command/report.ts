/** What commands report: results and problems, for a person, a program or GitHub. */
import { appendFileSync } from "node:fs";
import {
  formatAnnotation,
  formatProblem,
  isError,
  type Problem,
} from "../../schema/problem/problem.ts";
import { pluralize } from "../../schema/text/show.ts";
import { withCommandLines } from "./command-line.ts";

/** Writes the result to stdout, for a program or for a person. */
export function writeResult(format: string, json: unknown, text: string): void {
  process.stdout.write(`${format === "json" ? JSON.stringify(json) : text}\n`);
}

export const reportFormats = ["text", "json", "github"] as const;

/** What was read. */
export interface ReadFiles {
  readonly files: number;
  /** Missing if the project could not be read. */
  readonly environments?: readonly string[] | undefined;
}

/** What to print about the files that were read; ends with a line feed. */
export function report(format: string, read: ReadFiles, problems: readonly Problem[]): string {
  const { files } = read;
  if (format === "json") return `${JSON.stringify({ flags: files, problems }, null, 2)}\n`;
  const lines = problems.map(format === "github" ? formatAnnotation : printProblem);
  const gap = format === "text" && lines.length > 0 ? [""] : [];
  return `${[...lines, ...gap, summarize(read, problems)].join("\n")}\n`;
}

/** A problem for the person who called this command. */
export function printProblem(problem: Problem): string {
  return withCommandLines(formatProblem(problem));
}

/** `2 problems in 1 file, 41 flags checked`, or that there are none. */
function summarize({ files, environments = [] }: ReadFiles, problems: readonly Problem[]): string {
  if (problems.length === 0) {
    return `${pluralize(files, "flag")}, ${pluralize(environments.length, "environment")}, no problems`;
  }
  const errors = problems.filter(isError).length;
  const parts = [pluralize(errors, "problem"), pluralize(problems.length - errors, "warning")];
  const found = parts.filter((part) => !part.startsWith("0 ")).join(" and ");
  const inFiles = pluralize(new Set(problems.map(({ file }) => file)).size, "file");
  return `${found} in ${inFiles}, ${pluralize(files, "flag")} checked`;
}

/** Adds Markdown to the summary of the workflow run, if this is one. */
export function addStepSummary(markdown: string): void {
  const file = process.env.GITHUB_STEP_SUMMARY;
  if (file) appendFileSync(file, `${markdown}\n`);
}

/** Sets an output of the workflow step, if this is one. */
export function addOutput(name: string, value: string): void {
  const file = process.env.GITHUB_OUTPUT;
  if (file) appendFileSync(file, `${name}=${value}\n`);
}

/** Today as `YYYY-MM-DD`, in UTC. The commands read the clock only here. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}
