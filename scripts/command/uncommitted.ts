import { escapeInvisible } from "../../schema/problem/problem.ts";
import { pluralize, shortId } from "../../schema/text/show.ts";
import type { Repository } from "../../store/snapshot/repository.ts";
import { note } from "./stderr.ts";

const maxNamedFiles = 5;

/** Says on stderr that the work tree differs from `commit`: the command has read only the flags of `commit`. */
export async function noteUncommitted(
  repository: Repository,
  commit: string,
  done: "built" | "evaluated" | "planned" | "served",
): Promise<void> {
  const files = await repository.differences(commit);
  if (files.length === 0) return;
  const differing = pluralize(files.length, "file");
  note(
    `Note: the work tree differs from ${shortId(commit)} in ${differing}; only the commit was ${done}`,
  );
  for (const file of files.slice(0, maxNamedFiles)) note(`  ${escapeInvisible(file)}`);
}
