import { type EmergencyChange, emergencyTrailer } from "../../schema/change/emergency-change.ts";
import type { SignedCommit } from "../snapshot/signed-commits.ts";

/** The emergency change that a commit records; `undefined` if it records none. */
export function emergencyChangeOf({
  commit,
  reason,
  trailers,
}: SignedCommit): EmergencyChange | undefined {
  const environments = (trailers.get(emergencyTrailer) ?? "").split(", ").filter(Boolean);
  if (environments.length === 0) return undefined;
  const id = trailers.get("Actor-Id") ?? "";
  const name = (trailers.get("Actor") ?? "").replace(` (${id})`, "");
  const requestId = trailers.get("Request-Id") ?? "";
  const requester = { actor: { id, name }, reason, requestId };
  return { commit, flag: trailers.get("Flag") ?? "", environments, requester };
}
