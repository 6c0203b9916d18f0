import { existsSync } from "node:fs";
import path from "node:path";
import type { ChangeSet } from "../schema/change/change-set.ts";
import { type FlagFiles, MigrationError } from "../schema/migrate/migration.ts";
import {
  firstFormat,
  formatOf,
  type PlannedStep,
  stepsBetween,
} from "../schema/migrate/migrations.ts";
import { projectFile, projectFormat } from "../schema/project/project.ts";
import { compareText } from "../schema/text/order.ts";
import { listWorkTree, readText } from "../store/commit/work-tree.ts";
import { commitFiles, findUncommitted, workTreeOf } from "../store/git/commit-files.ts";
import { defineCommand, type ExitCode, UsageError } from "./command/command.ts";
import { shared } from "./command/options.ts";
import { writeResult } from "./command/report.ts";
import { requireFlags } from "./command/repository-top.ts";
import { note } from "./command/stderr.ts";

export const command = defineCommand({
  name: "migrate",
  summary:
    "Bring a repository of flags to the format that this version reads, or back. Each migration is one commit.",
  operands: "",
  options: {
    to: {
      value: "N",
      help: "the format to migrate to, newer or older",
      choices: Array.from({ length: projectFormat - firstFormat + 1 }, (_, index) =>
        String(firstFormat + index),
      ),
      default: String(projectFormat),
    },
    repo: shared.repo,
    "dry-run": shared["dry-run"],
    format: shared.format,
  },
  async run({ to, repo, format, "dry-run": isDry = false }): Promise<ExitCode> {
    const top = await workTreeOf(repo);
    requireFlags(top);
    const files = filesOf(top);
    try {
      const from = formatOf(files);
      const steps = stepsBetween(from, Number(to));
      const changes = planChanges(files, steps);
      const commits = changes.filter((change) => change.files.length > 0);
      const touched = commits.flatMap((change) => change.files.map(({ file }) => file));
      const dirty = touched.length === 0 ? [] : await findUncommitted(top, touched);
      if (dirty.length > 0) {
        throw new UsageError(
          `Cannot migrate: ${dirty.join(", ")} differ from the last commit\n  hint: commit or remove them first`,
        );
      }
      if (!isDry) await commitFiles(top, commits);
      const migration = { from, to: Number(to), steps, changes, isDry };
      writeResult(format, toJson(migration), formatText(migration));
      return 0;
    } catch (error) {
      if (!(error instanceof MigrationError)) throw error;
      note(error.message);
      return 1;
    }
  },
});

/** The changes of each step, applied to the result of the earlier steps. */
function planChanges(files: FlagFiles, steps: readonly PlannedStep[]): ChangeSet[] {
  const texts = new Map(files.names.map((name) => [name, files.read(name)]));
  return steps.map(({ name, direction, step }) => {
    const names = [...texts.keys()].sort(compareText);
    const edits = step.run({ names, read: (file) => texts.get(file) });
    for (const { file, text } of edits) {
      if (text === undefined) texts.delete(file);
      else texts.set(file, text);
    }
    return { files: edits, subject: `Migrate ${direction}: ${name}` };
  });
}

function filesOf(top: string): FlagFiles {
  const paths = [projectFile, "flags"].filter((name) => existsSync(path.join(top, name)));
  const names = paths.flatMap((file) => listWorkTree(top, file)).sort(compareText);
  return { names, read: (file) => readText(top, file) };
}

interface Migration {
  readonly from: number;
  readonly to: number;
  readonly steps: readonly PlannedStep[];
  /** The changes of each step. */
  readonly changes: readonly ChangeSet[];
  readonly isDry: boolean;
}

function toJson({ from, to, steps, changes, isDry }: Migration): object {
  const migrations = steps.map(({ name, direction }, index) => {
    const files = changes[index]?.files ?? [];
    const written = files.filter(({ text }) => text !== undefined).map(({ file }) => file);
    const deleted = files.filter(({ text }) => text === undefined).map(({ file }) => file);
    return { name, direction, written, deleted };
  });
  return { from, to, dryRun: isDry, migrations };
}

function formatText({ from, to, steps, changes, isDry }: Migration): string {
  if (steps.length === 0) return `This repository has format ${to} already`;
  const lines = steps.flatMap(({ name, direction, step }, index) => [
    `${name} ${direction}: ${step.summary}`,
    ...(changes[index]?.files ?? []).map(
      ({ file, text }) => `  ${text === undefined ? "-" : "+"} ${file}`,
    ),
  ]);
  const end = isDry ? "Nothing was changed" : `Migrated from format ${from} to ${to}`;
  return [...lines, end].join("\n");
}
