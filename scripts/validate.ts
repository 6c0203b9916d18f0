import { existsSync } from "node:fs";
import path from "node:path";
import { countFlags, validate } from "../schema/file/validate.ts";
import { findOutdatedSchemas } from "../schema/flag/editor-schema.ts";
import { compareProblems, isError } from "../schema/problem/problem.ts";
import { defaultProject } from "../schema/project/project.ts";
import { runTests } from "../schema/tests/run-tests.ts";
import {
  distinctFiles,
  readText,
  readWorkTree,
  readWorkTreeProject,
} from "../store/commit/work-tree.ts";
import { checkDay } from "./command/checks.ts";
import { defineCommand } from "./command/command.ts";
import { readCommitWarnings, reportCommitWarnings } from "./command/commit-warnings.ts";
import { shared } from "./command/options.ts";
import { report, reportFormats, today } from "./command/report.ts";
import { requireFlags } from "./command/repository-top.ts";

export const command = defineCommand({
  name: "validate",
  summary:
    "Check flag files in the work tree, run the tests of flags, and report every problem with its position and a hint.",
  operands: "[PATH…]",
  options: {
    repo: shared.repo,
    format: { value: "FORMAT", help: "output format", choices: reportFormats, default: "text" },
    today: shared.today,
  },
  async run({ format, repo, today: day = today() }, paths) {
    checkDay("today", day);
    const roots = paths.length === 0 ? ["flags"] : paths;
    if (paths.length === 0) requireFlags(repo);
    const { project, entries: own } = readWorkTreeProject(repo);
    const rules = project ?? defaultProject;
    const entries = [...own, ...roots.flatMap((root) => readWorkTree(repo, root, rules))];
    const distinct = distinctFiles(entries);
    const isPart = paths.length > 0 && existsSync(path.resolve(repo, "flags"));
    const all = isPart ? readWorkTree(repo, "flags", rules) : distinct;
    const validated = validate(distinct, project, day, all);
    const isValid = validated.problems.every((problem) => !isError(problem));
    const failures = isValid && project ? runTests(distinct, all, project) : [];
    const outdated = findOutdatedSchemas(rules, all, (file) => readText(repo, file));
    const others = [...failures, ...(project ? outdated : [])];
    const problems = [...validated.problems, ...others].sort(compareProblems);
    const read = { files: countFlags(distinct), environments: project?.environments };
    process.stdout.write(report(format, read, problems));
    reportCommitWarnings(await readCommitWarnings(repo, "HEAD"));
    return problems.some(isError) ? 1 : 0;
  },
});
