/** Finds out who wrote a scheduled step, from the history of its flag's file. */
import { hash } from "node:crypto";
import { parseMessage } from "../../schema/change/parse-message.ts";
import { type StepOrigin, stepTrailer } from "../../schema/change/step-change.ts";
import { type FlagStep, isSameStep, type StepFile, toStep } from "../../schema/flag/schedule.ts";
import { parse } from "../../schema/yaml/parse.ts";
import { readBlobs } from "../git/blobs.ts";
import { type LogCommit, type LogOptions, type Person, readLog } from "../git/log.ts";

export interface WrittenStep extends StepOrigin {
  /** The author of the commit. */
  readonly author: Person;
  /** Full id of the commit that applied the step before, if a later one brought it back. */
  readonly appliedBy?: string;
}

/** How many of the newest commits of a flag are read, and how many files of one commit. */
const limits = { maxCount: 500, maxChanges: 100 };

/**
 * Who added a step that the flag has at `head`; `undefined` if its commit is too old. `root` is the
 * environment of the keys at the top of the file. The pull request is read from the subjects that
 * GitHub gives merges and squashed commits.
 */
export async function findStepOrigin(
  directory: string,
  head: string,
  { flag, block, step }: FlagStep,
  root: string,
): Promise<WrittenStep | undefined> {
  const path = `:(glob)flags/**/${flag}.yaml`;
  const find = (options: Partial<LogOptions>) =>
    readLog(directory, { from: [head], path, ...options, ...limits });
  const [all, line] = await Promise.all([
    collect(find({ walk: "all" })),
    collect(find({ walk: "first-parent" })),
  ]);
  const objects = [...all, ...line].flatMap(({ changes }) =>
    changes.flatMap(({ before, object }) => [before ?? [], object ?? []].flat()),
  );
  const withStep = new Set<string>();
  for await (const { id, bytes } of readBlobs(directory, [...new Set(objects)])) {
    if (contains(bytes.toString("utf8"), block === root ? undefined : block, step))
      withStep.add(id);
  }
  const adds = ({ changes }: LogCommit) =>
    changes.some(({ object }) => object !== undefined && withStep.has(object)) &&
    !changes.some(({ before }) => before !== undefined && withStep.has(before));
  // A merge of two changes of the file has the step of one of them.
  const added = all.filter(adds);
  const commit = added.find(({ parents }) => parents.length < 2) ?? added[0];
  if (!commit) return undefined;
  const arrival = line.find(adds) ?? commit;
  const pullRequest = pullRequestOf(arrival.message) || pullRequestOf(commit.message);
  const appliedBy = all.find(({ message }) => applies(message, { flag, block, step }))?.id;
  const origin = { commit: commit.id, author: commit.author, pullRequest };
  return appliedBy === undefined ? origin : { ...origin, appliedBy };
}

/**
 * Whether a message says that its commit applied a step. Anybody can write such a message, but
 * everybody who can push one can delete the step as well.
 */
function applies(message: string, flagStep: FlagStep): boolean {
  const { trailers } = parseMessage(message);
  const [environment, at] = [trailers.get("Environment"), trailers.get(stepTrailer)];
  // The key distinguishes steps of one time. A message without it names the time only.
  const [key] = trailers.get("Idempotency-Key")?.split(" ") ?? [];
  const isSame = key === undefined || key === stepKey(flagStep);
  return environment === flagStep.block && at === flagStep.step.at && isSame;
}

/** Identifies a step on each server: its flag, block, time and value. */
export function stepKey({ flag, block, step }: FlagStep): string {
  const { at, enabled = "", rollout = "" } = step;
  return hash("sha256", `schedule\n${flag}\n${block}\n${at}\n${enabled}\n${rollout}`);
}

async function collect(commits: AsyncIterable<LogCommit>): Promise<LogCommit[]> {
  const found: LogCommit[] = [];
  for await (const commit of commits) found.push(commit);
  return found;
}

/** `#12`, or `""`. */
function pullRequestOf(message: string): string {
  const [subject = ""] = message.split("\n");
  const [, number] =
    /^Merge pull request #(\d+) from |\(#(\d+)\)$/.exec(subject)?.filter(Boolean) ?? [];
  return number === undefined ? "" : `#${number}`;
}

/** Whether the text of a flag file, valid or not, has a step in a block. */
function contains(text: string, block: string | undefined, step: FlagStep["step"]): boolean {
  const file = asMapping(parse(text).value);
  const holder = block === undefined ? file : asMapping(asMapping(file.environments)[block]);
  const { schedule } = holder;
  if (!Array.isArray(schedule)) return false;
  return schedule
    .map(asMapping)
    .some((one) => isSameStep(toStep(one as unknown as StepFile), step));
}

function asMapping(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}
