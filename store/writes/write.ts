/** A write of one flag: a pure function of what is there, so that it can be replayed on fresh state. */
import {
  type Change,
  type Current,
  type Edit,
  editForChange,
  newFile,
} from "../../schema/change/change.ts";
import { type ParsedFile, parseFlagFile } from "../../schema/file/parsed-file.ts";
import { normalize } from "../../schema/flag/flag.ts";
import { checkName } from "../../schema/flag/name.ts";
import { type TimedFlag, timestamp } from "../../schema/flag/snapshot.ts";
import type { Code } from "../../schema/problem/codes.ts";
import { type Finding, severityOf } from "../../schema/problem/problem.ts";
import type { Project } from "../../schema/project/project.ts";
import type { NewCommit } from "../git/commits.ts";
import { enforceProtection } from "./enforce-protection.ts";
import type { Proposal } from "./proposal.ts";

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
  /** Whether to disable without a review where one is needed. */
  readonly isEmergency?: boolean | undefined;
}

/** What became of a write. Only `committed` made a commit; it is on the remote. */
export type WriteResult =
  | {
      readonly status: "committed" | "unchanged" | "repeated";
      readonly commit: string;
      readonly flag?: TimedFlag | undefined;
      /** The protected environments in which it was done without a review. */
      readonly bypassedEnvironments?: readonly string[] | undefined;
    }
  | { readonly status: "not-found" | "duplicate" | "stale" | "key-reused" | "not-disabling" }
  | { readonly status: "protected"; readonly proposal: Proposal }
  | { readonly status: "invalid"; readonly faults: readonly InvalidValue[] };

/** A value that the flag's file may not have. */
export interface InvalidValue {
  /** `name`, or a key of the file. */
  readonly key: string;
  readonly code: Code;
  readonly message: string;
}

/** The flag as it is known, and the text of its file. */
export interface KnownFlag {
  readonly flag: TimedFlag;
  readonly text: string;
}

/** What a write would do to the flag it names. `flag` is what it would be then; missing where it would be gone. */
export type WriteDecision =
  | { readonly result: WriteResult }
  | {
      readonly commit: NewCommit;
      readonly flag?: TimedFlag;
      readonly text?: string;
      readonly bypassedEnvironments?: readonly string[];
    };

/** What a write is decided on, beside its flag. */
export interface WriteContext {
  readonly head: string;
  readonly project: Project;
  /** That of the commit, in seconds since 1970. */
  readonly time: number;
}

/** Decides a write against what is known of its flag. */
export function decideWrite(
  write: Write,
  known: KnownFlag | undefined,
  ground: WriteContext,
): WriteDecision {
  const { change } = write;
  if (!write.isExpected(known?.flag)) return { result: { status: "stale" } };
  if (change.kind === "create") {
    if (known) return { result: { status: "duplicate" } };
    return carry(write, newFile(change), undefined, ground);
  }
  if (!known) return { result: { status: "not-found" } };
  const current: Current = { file: known.flag.file, text: known.text, flag: known.flag };
  const edit = editForChange(change, current, ground.project);
  if (!edit) return { result: { status: "unchanged", commit: ground.head, flag: known.flag } };
  return carry(write, edit, known.flag, ground);
}

function carry(
  write: Write,
  edit: Edit,
  before: TimedFlag | undefined,
  ground: WriteContext,
): WriteDecision {
  const { text } = edit;
  if (text === undefined)
    return enforceProtection(write, edit, { before, after: undefined }, ground);

  const { flag, findings }: ParsedFile = parseFlagFile(Buffer.from(text), ground.project);
  // A slash would make it a folder's name and another flag's.
  const name = `${write.change.name.replaceAll("/", "\\")}.yaml`;
  const faults = [
    ...checkName(name, ground.project).filter(isError).map(invalidValue("name")),
    ...findings.filter(isError).map((finding) => invalidValue(keyAt(text, finding))(finding)),
  ];
  if (!flag || faults.length > 0) return { result: { status: "invalid", faults } };
  const updated_at = timestamp(ground.time);
  const created_at = before?.created_at ?? updated_at;
  const normal = normalize(write.change.name, flag, ground.project);
  const after = { ...normal, file: edit.file, object: "", created_at, updated_at };
  return enforceProtection(write, edit, { before, after }, ground);
}

function isError(finding: Finding): boolean {
  return severityOf(finding) === "error";
}

function invalidValue(key: string) {
  return ({ code, message }: Finding): InvalidValue => ({ key, code, message });
}

/** The key on the line of a finding. Every value that a client can set is written on one line. */
function keyAt(text: string, { line }: Finding): string {
  const [, key = "description"] = /^ *(\w+):/.exec(text.split("\n")[line - 1] ?? "") ?? [];
  return key;
}
