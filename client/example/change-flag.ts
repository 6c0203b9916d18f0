/** Changes a flag through the API: a commit. */

/** What was wrong, in a sentence; `undefined` if the flag is changed. */
export async function changeFlag(
  name: string,
  change: { readonly enabled?: boolean; readonly rollout?: number },
  token: string | undefined,
): Promise<string | undefined> {
  const answer = await fetch(`/api/v1/feature-flags/${name}`, {
    method: "PUT",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify(change),
  }).catch(() => undefined);
  if (answer?.ok) return undefined;
  const problem = await answer?.json().catch(() => undefined);
  const reason = problem?.detail ?? `the server returned ${answer?.status}`;
  return `Cannot change ${name}: ${answer ? reason : "the network is gone"}`;
}
