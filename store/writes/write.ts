/** A write of one flag: what is requested, what it is decided on, and its outcome. */
import type { Change } from "../../schema/change/change.ts";
import type { SignedFile } from "../../schema/change/commit-signature.ts";
import type { ReadOnlyValues } from "../../schema/change/read-only-values.ts";
import type { Audience } from "../../schema/flag/audience.ts";
import type { TimedFlag } from "../../schema/flag/snapshot.ts";
import type { Code } from "../../schema/problem/codes.ts";
import type { Problem } from "../../schema/problem/problem.ts";
import type { Project } from "../../schema/project/project.ts";
import type { NewCommit } from "../remote/commits.ts";
import type { Proposal } from "./proposal.ts";

export interface Actor {
  /** Unique. For a JSON web token: the issuer, `#` and the subject. */
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** The issuer of the actor's JSON web token. */
  readonly issuer?: string | undefined;
  /** The actor's login on GitHub. */
  readonly github?: string | undefined;
}

export interface Write {
  readonly change: Change;
  readonly actor: Actor;
  /** The client's own words; `""` for none. */
  readonly reason: string;
  readonly requestId: string;
  /** Whether the flag is in the state that the client expects. Pure: it is evaluated again on each replay. */
  readonly isExpected: (known: KnownFlag | undefined) => boolean;
  /** The environments that the definition of a flag may change; missing if it may change all. */
  readonly environments?: readonly string[] | undefined;
  /** Values of the flag that the client sent back as it read them. */
  readonly readOnlyValues?: ReadOnlyValues | undefined;
  /** The same key means the same request, sent again. */
  readonly idempotency?: { readonly key: string; readonly fingerprint: string } | undefined;
  /** Whether to disable a flag in a protected environment without a review. */
  readonly isEmergency?: boolean | undefined;
}

/** The outcome of a write. `committed` and `repeated` have a commit that is on the remote. */
export type WriteResult =
  | {
      readonly status: "committed" | "unchanged" | "repeated";
      readonly commit: string;
      readonly flag?: TimedFlag | undefined;
      /** The protected environments that were changed without a review. */
      readonly bypassedEnvironments?: readonly string[] | undefined;
    }
  | { readonly status: "not-found" | "duplicate" | "stale" | "key-reused" | "not-disabling" }
  | { readonly status: "protected"; readonly proposal: Proposal }
  | { readonly status: "read-only"; readonly keys: readonly string[] }
  /** The definition changes environments that it may not. */
  | { readonly status: "forbidden"; readonly environments: readonly string[] }
  /** `enabled` was requested, but not everyone would get the flag. */
  | { readonly status: "not-for-everyone"; readonly reason: string; readonly hint: string }
  /** The flag cannot be deleted: others require it. */
  | { readonly status: "required"; readonly by: readonly string[] }
  /** Tests of this flag, or of flags that require it, would fail. */
  | { readonly status: "failed-tests"; readonly failures: readonly Problem[] }
  | { readonly status: "invalid"; readonly errors: readonly InvalidKey[] };

/** A key of a flag's file with a value that it may not have. */
export interface InvalidKey {
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

/** A file of tests. */
export interface TestsContent {
  /** From the top of the repository. */
  readonly file: string;
  /** Id of its blob. */
  readonly object: string;
  readonly text: string;
}

/** A commit to make, or a result that needs none. */
export type WriteDecision =
  | { readonly result: WriteResult }
  | {
      /** `unchanged`: the commit changes no file, it only records the idempotency key. */
      readonly status: "committed" | "unchanged";
      readonly commit: NewCommit;
      /** The flag after the commit; missing if it is deleted. */
      readonly after?: KnownFlag | undefined;
      readonly bypassedEnvironments?: readonly string[];
    };

/** What a write is decided on, beside its flag. */
export interface WriteContext {
  readonly head: string;
  readonly project: Project;
  /** Returns all flags as they are after the earlier writes. Is called only if other flags matter. */
  readonly flags: () => readonly TimedFlag[];
  readonly audiences: readonly Audience[];
  /** The tests of the written flags and of flags that require them, by flag, as they are after the earlier writes. */
  readonly tests: ReadonlyMap<string, TestsContent>;
  /** The time of the commit, in seconds since 1970. */
  readonly time: number;
  /** Signs the message of a commit that changes `files`. */
  readonly sign: (message: string, files: readonly SignedFile[]) => string;
}
