/** Reads proposals from GitHub: one by its number, or all that are open. */
import { ignoreStatus } from "../github/error.ts";
import type { GitHub } from "../github/github.ts";
import { asProposal, type ProposedChange } from "./proposed-change.ts";

/** Open pull requests that are read. */
const maxListed = 1_000;

/** The open proposals for `branch`, the newest first. Throws `GitHubError`. */
export async function listOpenProposals(
  github: GitHub,
  branch: string,
): Promise<readonly ProposedChange[]> {
  const query = { state: "open", base: branch, sort: "created", direction: "desc" } as const;
  const pulls = github.list("read the open pull requests", (rest, page) =>
    rest.pulls.list({ ...page, ...query }),
  );
  const changes: ProposedChange[] = [];
  let count = 0;
  for await (const pull of pulls) {
    const change = asProposal(pull, branch);
    if (change) changes.push(change);
    if (++count === maxListed) break;
  }
  return changes;
}

/** The proposal for `branch` with this number; `undefined` if there is none. Throws `GitHubError`. */
export async function findProposal(
  github: GitHub,
  branch: string,
  id: number,
): Promise<ProposedChange | undefined> {
  const pull = await ignoreStatus(404, () =>
    github.do(`read #${id}`, (rest, where) => rest.pulls.get({ ...where, pull_number: id })),
  );
  return pull && asProposal(pull, branch);
}
