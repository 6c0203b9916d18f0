import type { Requester } from "../../schema/change/proposal.ts";
import type { Audience } from "../../schema/flag/audience.ts";
import type { TimedFlag } from "../../schema/flag/snapshot.ts";
import { describeProposal } from "../../schema/github/proposal-text.ts";
import { plan } from "../../schema/plan/plan.ts";
import type { Project } from "../../schema/project/project.ts";
import { compareText } from "../../schema/text/order.ts";
import type { NewCommit } from "../remote/commits.ts";

/** A change that needs a review before it is merged. */
export interface Proposal {
  readonly flag: string;
  /** Its branch: the same for the same change. */
  readonly branch: string;
  /** The commit of the change, on `base`: the head of the branch that it is merged into. */
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
  /** The flags that it requires before or after: they also decide whom it affects. */
  readonly required: readonly TimedFlag[];
  readonly audiences: readonly Audience[];
  readonly requester: Requester;
}

/** Number of ids over which a server simulates effects on people: this takes 20 ms. */
const simulatedIds = 10_000;

/** The text of its pull request. Needs the id of the commit. */
export function formatProposal(proposal: Proposal, commit: string): string {
  const { base, project, before, after, required, audiences, environments, requester } = proposal;
  const snapshot = (id: string, flag: TimedFlag | undefined) => ({
    commit: id,
    committed_at: "",
    updated_at: (flag ?? before ?? after)?.updated_at ?? "",
    // Only this flag is shown in full; for lists, only the fact that they change.
    flags: [...(flag ? [flag] : []), ...required].sort((a, b) => compareText(a.name, b.name)),
    audiences,
    project,
  });
  const change = plan(snapshot(base, before), snapshot(commit, after), { ids: simulatedIds });
  return describeProposal(change, environments, requester);
}
