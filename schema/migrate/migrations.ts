/** Every migration, and the steps from one format of a repository to another. */
import { projectFile, projectFormat } from "../project/project.ts";
import { parse } from "../yaml/parse.ts";
import { tableToFiles } from "./003-table-to-files.ts";
import { policyToProject } from "./004-policy-to-project.ts";
import { type FlagFiles, type Migration, MigrationError, type MigrationStep } from "./migration.ts";

/** In the order of their numbers, without a gap. */
export const migrations: readonly Migration[] = [tableToFiles, policyToProject];

/** The format before the first migration: flags are not in files. */
export const firstFormat = 2;

/**
 * The format of a repository. `format` in `bunting.yaml` records it; without that file,
 * the other files show it. Throws `MigrationError` for a format that this version does not know.
 */
export function formatOf(files: FlagFiles): number {
  const text = files.read(projectFile);
  if (text === undefined) return files.names.length > 0 ? 3 : firstFormat;
  const { format = projectFormat } = (parse(text).value ?? {}) as { readonly format?: unknown };
  if (typeof format === "number" && format <= projectFormat && format >= 4) return format;
  throw new MigrationError(
    `Cannot migrate from format ${String(format)}: this version of bunting knows formats up to ${projectFormat}\n  hint: install the version that wrote it, or a newer one`,
  );
}

/** A migration in one direction. */
export interface PlannedStep {
  readonly name: string;
  readonly direction: "up" | "down";
  readonly step: MigrationStep;
}

/** The steps from one format to another, in order; none if they are the same. */
export function stepsBetween(from: number, to: number): PlannedStep[] {
  const between = migrations.filter(
    ({ number }) => number > Math.min(from, to) && number <= Math.max(from, to),
  );
  return from <= to
    ? between.map(({ name, up }) => ({ name, direction: "up", step: up }))
    : between.toReversed().map(({ name, down }) => ({ name, direction: "down", step: down }));
}
