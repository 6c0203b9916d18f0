import { unverifiedTrailer } from "../../schema/change/commit-signature.ts";
import { type EmergencyChange, emergencyTrailer } from "../../schema/change/emergency-change.ts";
import { readLog } from "../git/log.ts";
import { type SignedCommit, verifyCommits } from "../snapshot/signed-commits.ts";

/** Number of the newest commits that are read. */
const maxCommitsScanned = 1_000;

/** The commits up to `head` that disabled a flag in a protected environment without a review, the newest first. */
export async function readEmergencyChanges(
  directory: string,
  head: string,
  commitKeys: readonly string[],
): Promise<EmergencyChange[]> {
  const candidates: string[] = [];
  for await (const { id, message } of readLog(directory, {
    from: [head],
    maxCount: maxCommitsScanned,
  })) {
    if (unverifiedTrailer(message, emergencyTrailer) !== "") candidates.push(id);
  }
  const signed = await verifyCommits(directory, candidates, commitKeys);
  return signed.flatMap((commit) => emergencyChange(commit) ?? []);
}

function emergencyChange({ commit, reason, trailers }: SignedCommit): EmergencyChange | undefined {
  const environments = (trailers.get(emergencyTrailer) ?? "").split(", ").filter(Boolean);
  if (environments.length === 0) return undefined;
  const id = trailers.get("Actor-Id") ?? "";
  const name = (trailers.get("Actor") ?? "").replace(` (${id})`, "");
  const requestId = trailers.get("Request-Id") ?? "";
  const requester = { actor: { id, name }, reason, requestId };
  return { commit, flag: trailers.get("Flag") ?? "", environments, requester };
}
