/** Reads proposals from GitHub: one by its number, or all that are open. */
import { ignoreStatus } from "../github/error.ts";
import type { GitHub } from "../github/github.ts";
import { asProposal, type ProposedChange, type Pull } from "./proposed-change.ts";

/** Open pull requests that are read. */
const maxListed = 1_000;

/** The pull requests for `branch`, the newest first. Throws `GitHubError`. */
export function listPulls(
  github: GitHub,
  branch: string,
  state: "open" | "all",
): AsyncGenerator<Pull> {
  const query = { state, base: branch, sort: "created", direction: "desc" } as const;
  return github.list("read the pull requests", ({ paginate, rest }, where) =>
    paginate.iterator(rest.pulls.list, { ...where, ...query }),
  );
}

/** The open proposals for `branch`, the newest first. Throws `GitHubError`. */
export async function listOpenProposals(
  github: GitHub,
  branch: string,
): Promise<readonly ProposedChange[]> {
  const changes: ProposedChange[] = [];
  let count = 0;
  for await (const pull of listPulls(github, branch, "open")) {
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
