import path from "node:path";
import { readGit } from "../../store/git/git.ts";
import { shared } from "./options.ts";

/**
 * Where a command writes without `--out`: also from a folder of the clone at the clone's top, so that
 * no output lies below `flags/`. With `--repo`, the output is for the current directory.
 */
export async function defaultOut(repo: string, file: string): Promise<string> {
  if (repo !== shared.repo.default) return file;
  // Fails in a bare clone, which has no top.
  const up = await readGit(".", ["rev-parse", "--show-cdup"]).catch(() => "");
  return path.join(up.trimEnd(), file);
}
