import type { Change } from "../../schema/change/change.ts";
import { proposalBranchName, type Requester } from "../../schema/change/proposal.ts";
import type { TimedFlag } from "../../schema/flag/snapshot.ts";
import { describeProposal } from "../../schema/github/proposal-text.ts";
import { plan } from "../../schema/plan/plan.ts";
import type { Project } from "../../schema/project/project.ts";
import type { NewCommit } from "../remote/commits.ts";

/** A change that needs a review before it lands. */
export interface Proposal {
  readonly flag: string;
  /** Its own: the same for the same change. */
  readonly branch: string;
  /** What is to stand there, on `base`: the head of the branch that it is to land on. */
  readonly commit: NewCommit;
  readonly base: string;
  /** The project at `base`. */
  readonly project: Project;
  /** The first line of the commit. */
  readonly subject: string;
  /** The protected environments in which it shows. */
  readonly environments: readonly string[];
  readonly before: TimedFlag | undefined;
  readonly after: TimedFlag | undefined;
  readonly asked: Requester;
}

/** The proposal of what `asked` wants. */
export function proposalOf(
  { change, actor, reason, requestId }: Requester & { readonly change: Change },
  proposal: Omit<Proposal, "flag" | "branch" | "asked">,
  written: unknown,
): Proposal {
  const branch = proposalBranchName(change.name, proposal.subject, proposal, written);
  return { flag: change.name, branch, ...proposal, asked: { actor, reason, requestId } };
}

/** Ids over which a server simulates effects on people: it takes a fiftieth of a second. */
const fewIds = 10_000;

/** The text of its pull request, once the commit has an id. */
export function textOf(proposal: Proposal, commit: string): string {
  const { base, project, before, after, environments, asked } = proposal;
  const snapshot = (id: string, flag: TimedFlag | undefined) => ({
    commit: id,
    committed_at: "",
    updated_at: (flag ?? before ?? after)?.updated_at ?? "",
    // Nothing but this flag: of lists, only that they change is told.
    flags: flag ? [flag] : [],
    audiences: [],
    project,
  });
  const change = plan(snapshot(base, before), snapshot(commit, after), fewIds);
  return describeProposal(change, environments, asked);
}
