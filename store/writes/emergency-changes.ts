import { type EmergencyChange, trailer } from "../../schema/change/emergency-change.ts";
import { isPossibleName } from "../../schema/flag/name.ts";
import { isOurs } from "../git/commits.ts";
import { readGit } from "../git/git.ts";

/** How many of the newest commits are looked at. */
const maxCommitsScanned = 1_000;
const keys = [trailer, "Flag", "Actor", "Request-Id"];

/** The commits up to `head` that disabled a flag in a protected environment without a review, the newest first. */
export async function readEmergencyChanges(
  directory: string,
  head: string,
): Promise<EmergencyChange[]> {
  const values = keys.map((key) => `%(trailers:key=${key},valueonly,separator=%x20)%x00`);
  const args = ["log", "--first-parent", "--no-show-signature", "--no-notes", "--encoding=UTF-8"];
  args.push(`--max-count=${maxCommitsScanned}`, `--format=%H%x00%ce%x00${values.join("")}%b%x00`);
  const fields = (await readGit(directory, [...args, "--end-of-options", head])).split("\0");
  const broken: EmergencyChange[] = [];
  for (let at = 0; at + 7 <= fields.length; at += 7) {
    const [commit = "", committer = "", where = "", flag = "", actor = "", requestId = "", body] =
      fields.slice(at, at + 7);
    const named = where.split(", ").filter((name) => /^[a-z][a-z0-9_-]*$/.test(name));
    // Whatever people write into a message of their own is not believed.
    if (named.length === 0 || !isOurs(committer) || !isPossibleName(flag)) continue;
    const [reason = ""] = (body ?? "").split("\n\n");
    const asked = { actor: personIn(actor), reason, requestId };
    broken.push({ commit: commit.trim(), flag, environments: named, asked });
  }
  return broken;
}

/** `Ada (ada)`, as the trailer has it. */
function personIn(actor: string): { name: string; id: string } {
  const [, name = actor, id = ""] = /^(.*) \(([^()]*)\)$/.exec(actor) ?? [];
  return { name, id };
}
