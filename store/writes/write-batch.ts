import { type Snapshot, secondsOf, type TimedFlag } from "../../schema/flag/snapshot.ts";
import { readBlobs } from "../git/blobs.ts";
import type { NewCommit } from "../git/commits.ts";
import type { IdempotencyIndex } from "./idempotency-index.ts";
import {
  decideWrite,
  type KnownFlag,
  type Write,
  type WriteDecision,
  type WriteResult,
} from "./write.ts";

/** Writes decided one after the other, each on what those before it would leave. */
export interface Batch {
  readonly commits: readonly NewCommit[];
  /** What became of each write, once the commits have their ids. */
  readonly results: (ids: readonly string[]) => WriteResult[];
}

/** Decides `writes` on `snapshot`. Changes nothing. */
export async function decideBatch(
  directory: string,
  snapshot: Snapshot,
  keys: IdempotencyIndex,
  writes: readonly Write[],
): Promise<Batch> {
  const known = await readKnown(directory, snapshot, writes);
  const pending = new Map<string, { fingerprint: string; step: number }>();
  const commits: NewCommit[] = [];
  const settle: ((ids: readonly string[]) => WriteResult)[] = [];
  const time = Math.max(Math.floor(Date.now() / 1_000), secondsOf(snapshot.committed_at));

  const context = { head: snapshot.commit, project: snapshot.project, time };

  for (const write of writes) {
    const { key = "", fingerprint } = write.idempotency ?? {};
    const done = keys.get(key);
    const twin = pending.get(key);
    if (done || twin) {
      const isSame = (done ?? twin)?.fingerprint === fingerprint;
      settle.push((ids) => repeat(isSame, done?.commit ?? ids[twin?.step ?? 0]));
      continue;
    }
    const step = decideWrite(write, known.get(write.change.name), context);
    if ("result" in step) {
      const { length } = commits;
      settle.push((ids) => rebaseResult(ids[length - 1], step.result));
      continue;
    }
    const index = commits.push(step.commit) - 1;
    if (write.idempotency)
      pending.set(key, { fingerprint: write.idempotency.fingerprint, step: index });
    remember(known, write.change.name, step);
    const { flag, bypassedEnvironments } = step;
    settle.push((ids) => ({
      status: "committed",
      commit: ids[index] ?? "",
      flag,
      bypassedEnvironments,
    }));
  }
  return { commits, results: (ids) => settle.map((result) => result(ids)) };
}

/** What was decided on what the writes before it left stands on the last of their commits. */
function rebaseResult(commit: string | undefined, result: WriteResult): WriteResult {
  if (commit === undefined) return result;
  if (result.status === "unchanged") return { ...result, commit };
  if (result.status !== "protected") return result;
  return { ...result, proposal: { ...result.proposal, base: commit } };
}

function repeat(isSame: boolean, commit = ""): WriteResult {
  return isSame ? { status: "repeated", commit } : { status: "key-reused" };
}

function remember(
  known: Map<string, KnownFlag>,
  name: string,
  { flag, text }: Extract<WriteDecision, { commit: NewCommit }>,
): void {
  if (flag && text !== undefined) known.set(name, { flag, text });
  else known.delete(name);
}

/** The flags that are written, with the texts of their files, from one process. */
async function readKnown(
  directory: string,
  { flags }: Snapshot,
  writes: readonly Write[],
): Promise<Map<string, KnownFlag>> {
  const names = new Set(writes.map(({ change }) => change.name));
  const wanted: TimedFlag[] = flags.filter(({ name }) => names.has(name));
  const texts = new Map<string, string>();
  for await (const { object, bytes } of readBlobs(
    directory,
    wanted.map(({ object }) => object),
  )) {
    texts.set(object, bytes.toString("utf8"));
  }
  return new Map(wanted.map((flag) => [flag.name, { flag, text: texts.get(flag.object) ?? "" }]));
}
