import { type Code, severities } from "../../schema/problem/codes.ts";
import { fileStart } from "../../schema/problem/position.ts";
import type { Problem } from "../../schema/problem/problem.ts";
import type { Tree } from "../git/tree.ts";

/** Problems because of which the files of a commit are not read at all. */
export function findTreeProblem({ exceeded, top }: Tree): Problem | undefined {
  if (exceeded) {
    const { folder, limit, what } = exceeded;
    return tooLarge(folder, limit === "depth" ? "too-deep" : "too-large", what);
  }
  // Without this check, renaming the folder by mistake would remove all flags.
  const other = top.find((name) => name !== "flags" && name.toLowerCase() === "flags");
  if (other === undefined || top.includes("flags")) return undefined;
  const message = `Cannot read the folder "${other}" as "flags": names differ by case`;
  const hint = `run: git mv ${other} flags`;
  return problemOf(other, "invalid-name", message, hint);
}

/** The one problem of a commit whose flag files are too large together. */
export function tooManyBytes(maxBytes: number): Problem {
  return tooLarge("flags", "too-large", `files of more than ${maxBytes} bytes`);
}

function tooLarge(folder: string, code: "too-deep" | "too-large", what: string): Problem {
  const hint = "remove what is no flag; flags fit in folders by team";
  return problemOf(folder, code, `Cannot read the folder: it holds ${what}`, hint);
}

function problemOf(file: string, code: Code, message: string, hint: string): Problem {
  return { ...fileStart, file, code, severity: severities[code], message, hint };
}
