import { type EmergencyChange, trailer } from "../../schema/change/emergency-change.ts";
import { parseMessage } from "../../schema/change/parse-message.ts";
import { isPossibleName } from "../../schema/flag/name.ts";
import { isOurs } from "../git/commits.ts";
import { readLog } from "../git/log.ts";

/** How many of the newest commits are looked at. */
const maxCommitsScanned = 1_000;

/** The commits up to `head` that disabled a flag in a protected environment without a review, the newest first. */
export async function readEmergencyChanges(
  directory: string,
  head: string,
): Promise<EmergencyChange[]> {
  const changes: EmergencyChange[] = [];
  const options = { from: [head], maxCount: maxCommitsScanned };
  for await (const { id, committer, message } of readLog(directory, options)) {
    const { body, trailers } = parseMessage(message);
    const flag = trailers.get("Flag") ?? "";
    const names = trailers.get(trailer)?.split(", ") ?? [];
    const named = names.filter((name) => /^[a-z][a-z0-9_-]*$/.test(name));
    // What people write into messages of their own is not believed.
    if (named.length === 0 || !isOurs(committer.email) || !isPossibleName(flag)) continue;
    const [reason = ""] = body.split("\n\n");
    const requestId = trailers.get("Request-Id") ?? "";
    const asked = { actor: personIn(trailers.get("Actor") ?? ""), reason, requestId };
    changes.push({ commit: id, flag, environments: named, asked });
  }
  return changes;
}

/** `Ada (ada)`, as the trailer has it. */
function personIn(actor: string): { name: string; id: string } {
  const [, name = actor, id = ""] = /^(.*) \(([^()]*)\)$/.exec(actor) ?? [];
  return { name, id };
}
