import { randomBytes } from "node:crypto";
import { type CommitKeys, signMessage } from "../../schema/change/commit-signature.ts";
import { isPossibleName } from "../../schema/flag/name.ts";
import { withDependents } from "../../schema/flag/required-flags.ts";
import { findFlag, type Snapshot, secondsOf, type TimedFlag } from "../../schema/flag/snapshot.ts";
import { testsFileOf } from "../../schema/flag/tests.ts";
import { maxFileBytes } from "../../schema/yaml/decode.ts";
import type { RequestIndex } from "../branch/request-index.ts";
import { readObjects } from "../git/objects.ts";
import type { NewCommit } from "../remote/commits.ts";
import { decideWrite } from "./decide-write.ts";
import type { KnownFlag, TestsContent, Write, WriteContext, WriteResult } from "./write.ts";

/** Writes decided one after the other, each on the state after the earlier ones. */
export interface Batch {
  readonly commits: readonly NewCommit[];
  /** The result of each write, given the ids of the commits. */
  readonly results: (ids: readonly string[]) => WriteResult[];
}

/** Decides `writes` on `snapshot`. Changes nothing. */
export async function decideBatch(
  directory: string,
  snapshot: Snapshot,
  index: RequestIndex,
  keys: CommitKeys,
  writes: readonly Write[],
): Promise<Batch> {
  const { known, tests } = await readKnownFlags(directory, snapshot, writes);
  const recorded = await index.find(
    directory,
    writes.flatMap(({ idempotency }) => idempotency?.key ?? []),
  );
  /** The flags that this batch changed; `undefined` for deleted ones. */
  const changed = new Map<string, TimedFlag | undefined>();
  const context: WriteContext = {
    head: snapshot.commit,
    project: snapshot.project,
    flags: () => [
      ...snapshot.flags.filter(({ name }) => !changed.has(name)),
      ...[...changed.values()].filter((flag) => flag !== undefined),
    ],
    audiences: snapshot.audiences,
    tests,
    time: Math.max(Math.floor(Date.now() / 1_000), secondsOf(snapshot.committed_at)),
    sign: (message, files) => signMessage(message, files, keys, randomBytes(8).toString("hex")),
  };
  /** Requests with a key that were decided in this batch. */
  const pending = new Map<string, { fingerprint: string; position: number }>();
  const commits: NewCommit[] = [];
  const results: ((ids: readonly string[]) => WriteResult)[] = [];

  for (const write of writes) {
    const { key = "", fingerprint = "" } = write.idempotency ?? {};
    const earlier = recorded.get(key) ?? pending.get(key);
    if (earlier) {
      const isSame = earlier.fingerprint === fingerprint;
      results.push((ids) => {
        if (!isSame) return { status: "key-reused" };
        const commit = "commit" in earlier ? earlier.commit : (ids[earlier.position] ?? "");
        return { status: "repeated", commit };
      });
      continue;
    }
    const decision = decideWrite(write, known.get(write.change.name), context);
    if ("result" in decision) {
      const last = commits.length - 1;
      results.push((ids) => resultAt(ids[last], decision.result));
      continue;
    }
    const { status, after, bypassedEnvironments } = decision;
    const flag = after?.flag;
    const position = commits.push(decision.commit) - 1;
    if (write.idempotency) pending.set(key, { fingerprint, position });
    if (after) known.set(write.change.name, after);
    else {
      known.delete(write.change.name);
      tests.delete(write.change.name);
    }
    changed.set(write.change.name, flag);
    results.push((ids) => ({ status, commit: ids[position] ?? "", flag, bypassedEnvironments }));
  }
  return { commits, results: (ids) => results.map((result) => result(ids)) };
}

/** A result computed after earlier writes of the batch refers to their last commit, if there is one. */
function resultAt(commit: string | undefined, result: WriteResult): WriteResult {
  if (commit === undefined) return result;
  if (result.status === "unchanged") return { ...result, commit };
  if (result.status !== "protected") return result;
  return { ...result, proposal: { ...result.proposal, base: commit } };
}

/** The flags that are written, with the texts of their files, and the tests that a write may fail; read by one process. */
async function readKnownFlags(
  directory: string,
  { commit, flags }: Snapshot,
  writes: readonly Write[],
): Promise<{ known: Map<string, KnownFlag>; tests: Map<string, TestsContent> }> {
  const names = [...new Set(writes.map(({ change }) => change.name))].filter(isPossibleName);
  const wanted = names.flatMap((name) => findFlag(flags, name) ?? []);
  const tested = withDependents(names, flags).map((name) => {
    const file = testsFileOf(name);
    return { name, file, nameInGit: `${commit}:${file}` };
  });
  const objects = [...wanted.map(({ object }) => object), ...tested.map((one) => one.nameInGit)];
  const contents = new Map<string, { readonly object: string; readonly text: string }>();
  for await (const { name, type, id, bytes } of readObjects(directory, objects, maxFileBytes)) {
    if (type === "blob") contents.set(name, { object: id, text: bytes.toString("utf8") });
  }
  const known = new Map(
    wanted.map((flag) => [flag.name, { flag, text: contents.get(flag.object)?.text ?? "" }]),
  );
  const tests = new Map(
    tested.flatMap(({ name, file, nameInGit }) => {
      const content = contents.get(nameInGit);
      return content ? [[name, { file, ...content }] as const] : [];
    }),
  );
  return { known, tests };
}
