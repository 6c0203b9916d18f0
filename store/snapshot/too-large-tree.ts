import { fileStart } from "../../schema/problem/position.ts";
import { type Problem, problemsIn } from "../../schema/problem/problem.ts";
import type { ExceededLimit } from "../git/tree.ts";

/** The one problem of a commit whose tree is too large to be read. */
export function tooLargeTree({ folder, limit, what }: ExceededLimit): Problem {
  const code = limit === "depth" ? "too-deep" : "too-large";
  const message = `Cannot read the folder: it holds ${what}`;
  const hint = "remove what is no flag; flags fit in folders by team";
  const [problem] = problemsIn(folder, [{ ...fileStart, code, message, hint }], "");
  if (!problem) throw new Error(message);
  return problem;
}
