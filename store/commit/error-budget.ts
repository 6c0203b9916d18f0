import type { ParsedFile } from "../../schema/file/parsed-file.ts";
import { isError } from "../../schema/problem/problem.ts";

/** Number of errors after which only the first one of each further file is kept. */
export const maxErrors = 2_000;

/**
 * Limits the errors of a commit, because a commit of a few kilobytes can have enough errors to fill the
 * memory: if there are many, only the first error of each further file is kept. A file that has errors
 * keeps one, so what is valid does not change.
 */
export class ErrorBudget {
  #errors = 0;

  apply(content: ParsedFile): ParsedFile {
    const { findings } = content;
    const errors = findings.filter(isError);
    const first = errors[0];
    if (!first || this.#errors + errors.length <= maxErrors) {
      this.#errors += errors.length;
      return content;
    }
    this.#errors += 1;
    return { ...content, findings: [first] };
  }
}
