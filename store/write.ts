/** A write of one flag: a pure function of what is there, so that it can be replayed on fresh state. */
import { type Change, type Current, type Edit, editFor, newFile } from "../schema/change.ts";
import { formatMessage } from "../schema/commit-message.ts";
import { type Content, readContent } from "../schema/content.ts";
import { normalize } from "../schema/flag.ts";
import { checkName } from "../schema/name.ts";
import { type Finding, severityOf } from "../schema/problem.ts";
import { type TimedFlag, timestamp } from "../schema/snapshot.ts";
import type { NewCommit } from "./commits.ts";
import { instance } from "./instance.ts";

export interface Write {
  readonly change: Change;
  readonly actor: { readonly id: string; readonly name: string; readonly email: string };
  /** The client's own words; `""` for none. */
  readonly reason: string;
  readonly requestId: string;
  /** Whether the flag is still what the client took it for. Asked again on each replay. */
  readonly isExpected: (flag: TimedFlag | undefined) => boolean;
  /** The same key means the same request, sent again. */
  readonly idempotency?: { readonly key: string; readonly fingerprint: string } | undefined;
}

/** What became of a write. Only `committed` made a commit; it is on the remote. */
export type WriteResult =
  | {
      readonly status: "committed" | "unchanged" | "repeated";
      readonly commit: string;
      readonly flag?: TimedFlag | undefined;
    }
  | { readonly status: "not-found" | "duplicate" | "stale" | "key-reused" }
  | { readonly status: "invalid"; readonly findings: readonly Finding[] };

/** The flag as it is known, and the text of its file. */
export interface Known {
  readonly flag: TimedFlag;
  readonly text: string;
}

/** What a write would do to the flag it names. `flag` is what it would be then; missing where it would be gone. */
export type Step =
  | { readonly result: WriteResult }
  | { readonly commit: NewCommit; readonly flag?: TimedFlag; readonly text?: string };

/** Decides a write against what is known of its flag. `time` is that of the commit, in seconds since 1970. */
export function decideWrite(
  write: Write,
  known: Known | undefined,
  head: string,
  time: number,
): Step {
  const { change } = write;
  if (!write.isExpected(known?.flag)) return { result: { status: "stale" } };
  if (change.kind === "create") {
    if (known) return { result: { status: "duplicate" } };
    return carry(write, newFile(change), undefined, time);
  }
  if (!known) return { result: { status: "not-found" } };
  const current: Current = { file: known.flag.file, text: known.text, flag: known.flag };
  const edit = editFor(change, current);
  if (!edit) return { result: { status: "unchanged", commit: head, flag: known.flag } };
  return carry(write, edit, known.flag, time);
}

function carry(write: Write, edit: Edit, before: TimedFlag | undefined, time: number): Step {
  const { file, text } = edit;
  const commit = { file, text, message: messageOf(write, edit), author: write.actor, time };
  if (text === undefined) return { commit };

  const { flag, findings }: Content = readContent(Buffer.from(text));
  // A slash would make it a folder's name and another flag's.
  const name = `${write.change.name.replaceAll("/", "\\")}.yaml`;
  const errors = [...checkName(name), ...findings].filter(
    (finding) => severityOf(finding) === "error",
  );
  if (!flag || errors.length > 0) return { result: { status: "invalid", findings: errors } };
  const updated_at = timestamp(time);
  const created_at = before?.created_at ?? updated_at;
  const normal = normalize(write.change.name, flag);
  return { commit, text, flag: { ...normal, file, object: "", created_at, updated_at } };
}

function messageOf({ change, actor, reason, requestId, idempotency }: Write, edit: Edit): string {
  const environment = change.kind === "update" ? change.environment : "";
  return formatMessage({
    subject: edit.subject,
    reason,
    trailers: {
      Flag: change.name,
      Environment: environment,
      Change: edit.change,
      Actor: `${actor.name} (${actor.id})`,
      "Request-Id": requestId,
      Server: instance,
      "Idempotency-Key": idempotency ? `${idempotency.key} ${idempotency.fingerprint}` : "",
    },
  });
}
