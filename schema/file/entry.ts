import type { Kind } from "../flag/kind.ts";
import type { ParsedFile } from "./parsed-file.ts";

/** A file of a repository of flags, read but not yet judged. */
export interface Entry {
  /** As the author knows it: `flags/nutrition/meal_planning.yaml`. */
  readonly file: string;
  readonly kind: Kind;
  /** Below `flags/`: `nutrition/meal_planning.yaml`. Missing for a file that is elsewhere. */
  readonly path?: string;
  /** As git has it; a flag is `100644`. */
  readonly mode: string;
  /** Missing if the file was not read: it is not a plain file, or not called as a flag. */
  readonly content?: ParsedFile;
}
