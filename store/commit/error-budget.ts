import type { ParsedFile } from "../../schema/file/parsed-file.ts";
import { severityOf } from "../../schema/problem/problem.ts";

/** Nobody works through more errors at once. */
export const maxErrors = 2_000;

/**
 * Bounds the errors of a commit, so that one of a few kilobytes cannot fill the memory with them:
 * once there are many, only the first error of each further file is kept. A file that has errors
 * keeps one, so what is valid does not change.
 */
export class ErrorBudget {
  #errors = 0;

  apply(content: ParsedFile): ParsedFile {
    const { findings } = content;
    const errors = findings.filter((finding) => severityOf(finding) === "error");
    const first = errors[0];
    if (!first || this.#errors + errors.length <= maxErrors) {
      this.#errors += errors.length;
      return content;
    }
    this.#errors += 1;
    return { ...content, findings: [first] };
  }
}
