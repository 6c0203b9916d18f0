/** Changes of flags in the form of responses. */
import { givesEveryone } from "../../../schema/evaluate/everyone.ts";
import type { Flag } from "../../../schema/flag/flag.ts";
import { isSameDecision } from "../../../schema/plan/difference.ts";
import { describeDecision } from "../../../schema/plan-text/describe-decision.ts";
import type { FlagChange } from "../../../store/history/flag-changes.ts";

/** A flag in one environment, at a time. */
interface FlagState {
  /** Whether its own file enables it for everyone. Required flags have their own histories. */
  readonly enabled: boolean;
  readonly description: string;
  /** How it is decided: `on`, `off`, `10 %, 2 rules`. */
  readonly state: string;
}

interface States {
  /** `null` if there was no flag, no such environment, or no file that could be read. */
  readonly before: FlagState | null;
  readonly after: FlagState | null;
}

/** Who changed what, when, and why. */
export function factsOf(change: FlagChange) {
  const { kind, commit, changed_at, changed_by, issuer, subject } = change;
  const { origin, summary, reason, break_glass } = change;
  const who = { changed_by, issuer, subject, origin };
  return { kind, commit, changed_at, ...who, summary, reason, break_glass };
}

export function statesIn({ before, after }: FlagChange, environment: string): States {
  return { before: stateOf(before, environment), after: stateOf(after, environment) };
}

/** Whether a change altered what clients of an environment get. */
export function isChangedIn({ before, after }: FlagChange, environment: string): boolean {
  const [was, is] = [before, after].map((flag) => flag?.decisions[environment]);
  if (was === undefined && is === undefined) return false;
  return !isSameDecision(was, is) || before?.description !== after?.description;
}

function stateOf(flag: Flag | undefined, environment: string): FlagState | null {
  const decision = flag?.decisions[environment];
  if (!flag || !decision) return null;
  const { description } = flag;
  return { enabled: givesEveryone(decision), description, state: describeDecision(decision) };
}
