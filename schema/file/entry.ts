import type { FileKind } from "../flag/file-kind.ts";
import type { ParsedFile } from "./parsed-file.ts";

/** A file of a repository of flags, read but not yet validated. */
export interface Entry {
  /** The path in messages: `flags/nutrition/meal_planning.yaml`. */
  readonly file: string;
  readonly kind: FileKind;
  /** The path relative to `flags/`: `nutrition/meal_planning.yaml`. Missing for a file elsewhere. */
  readonly path?: string;
  /** The mode in git; `100644` for a flag. */
  readonly mode: string;
  /** Missing if the file was not read: it is not a plain file, or its path is not that of a flag. */
  readonly content?: ParsedFile;
}
