import type { FileEdit } from "../change/change-set.ts";

/** A step between two forms of a repository of flags. */
export interface Migration {
  /** The format that `up` leads to, from the number before. */
  readonly number: number;
  /** As in `003_add_feature_flags_table`. */
  readonly name: string;
  readonly up: MigrationStep;
  readonly down: MigrationStep;
}

export interface MigrationStep {
  /** What it does, in a sentence. */
  readonly summary: string;
  /** The files to change; none if there is nothing to change. Throws `MigrationError`. */
  run(files: FlagFiles): readonly FileEdit[];
}

/** The files of a repository of flags. */
export interface FlagFiles {
  /** From the top of the repository, sorted: everything below `flags/`, and `bunting.yaml`. */
  readonly names: readonly string[];
  /** The text of a file; `undefined` if it does not exist. */
  read(file: string): string | undefined;
}

/** The repository cannot be migrated as it is. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}
