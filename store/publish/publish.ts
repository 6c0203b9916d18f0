/**
 * Publishes a release to a target: only what changed, and only forward. Readers always find each object
 * complete, even if a publisher is interrupted.
 */
import { setTimeout as pause } from "node:timers/promises";
import { manifestPath, type WaitingChange } from "../../schema/compile/manifest.ts";
import type { CompiledSnapshot } from "../snapshot/compiled-snapshot.ts";
import type { Repository } from "../snapshot/repository.ts";
import { ObjectWriter, SupersededError } from "../target/object-writer.ts";
import type { Target } from "../target/target.ts";
import { applyPlan, type Pace } from "./apply-plan.ts";
import type { PublishedRevision } from "./check-fast-forward.ts";
import { decidePublication, type Intent, type PublishDecision } from "./decide-publication.ts";
import { reconcile } from "./reconcile.ts";
import { readTargetState } from "./target-state.ts";
import { verify } from "./verify.ts";

export interface PublishOptions extends Intent, Pace {
  /** The `Cache-Control` of flags and lists. */
  readonly cacheControl: string;
  /** Lists all objects at the target, instead of trusting its manifest. */
  readonly thorough: boolean;
  /** Dry run: decides, and changes nothing. */
  readonly dryRun: boolean;
  /** Reads everything back at the end, and repairs what is wrong. */
  readonly verify: boolean;
  /** Maximum time to wait for a newer publisher to finish. */
  readonly timeoutMs?: number;
}

export interface PublishOutcome extends Omit<PublishDecision, "manifest" | "isUnchanged"> {
  /** `planned`: it was a dry run. `refused`: see `refusals`. */
  readonly status: "published" | "unchanged" | "planned" | "refused";
  readonly commit: string;
  /** The commit that was served before. */
  readonly before: string | undefined;
  /** Whether some of `waiting` did not wait before, or this commit was published before. */
  readonly isNewlyWaiting: boolean;
  /** Paths that a newer or the next publisher must repair. */
  readonly left: readonly string[];
  /** How many objects the verification repaired. */
  readonly repaired: number;
}

/** Attempts to publish while other publishers finish first. */
const maxAttempts = 10;

/** How long to wait for a newer publisher to finish. */
const defaultTimeoutMs = 30_000;

/** Publishes a release to `target`, or reports why not. Throws if the target cannot be reached. */
export function publish(
  target: Target,
  repository: Repository,
  compiled: CompiledSnapshot,
  options: PublishOptions,
): Promise<PublishOutcome> {
  const { commit } = compiled.release;
  const writer = new ObjectWriter(target, repository, commit, {
    cacheControl: options.cacheControl,
    overrules: options.rollback !== undefined,
  });
  const work = async (): Promise<PublishOutcome> => {
    let before: PublishedRevision | undefined;
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const state = await readTargetState(target, compiled.release, options.thorough);
      if (attempt === 1) before = state.revision;
      const decision = await decidePublication(target, repository, state, compiled, options);
      const { manifest: _, isUnchanged, ...decided } = decision;
      const outcome = {
        ...{ ...decided, commit, before: before?.commit, left: [], repaired: 0 },
        isNewlyWaiting: isNewlyWaiting(commit, decision.waiting, before),
      };
      const refuse = async (why: readonly string[], isFinal: boolean): Promise<PublishOutcome> => {
        const conflict = { manifest: state.manifest, isFinal, before };
        const left = await reconcile(target, repository, writer, conflict);
        return { ...outcome, status: "refused", refusals: why, left };
      };
      if (decision.refusals.length > 0) return refuse(decision.refusals, true);
      if (options.dryRun) return { ...outcome, status: isUnchanged ? "unchanged" : "planned" };
      try {
        writer.supersedes = decision.rolledBackFrom;
        if (!isUnchanged && !(await applyPlan(writer, decision, state, options))) continue;
        const { release } = decision.compiled;
        const repaired = options.verify
          ? await verify(target, release, writer, options.concurrency)
          : 0;
        const status = isUnchanged && repaired === 0 ? "unchanged" : "published";
        return { ...outcome, status, repaired };
      } catch (error) {
        if (!(error instanceof SupersededError)) throw error;
        const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
        if (await isReplaced(target, state.manifestObject?.etag, timeoutMs)) continue;
        const hint = "publish that commit again; to publish anyway: --rollback REASON";
        return refuse([`${error.message}; ${hint}`], false);
      }
    }
    const reason = `other publishers came first ${maxAttempts} times`;
    throw new Error(`Cannot publish to "${target.name}": ${reason}`);
  };
  return options.dryRun ? work() : target.exclusively(work);
}

function isNewlyWaiting(
  commit: string,
  waiting: readonly WaitingChange[],
  before: PublishedRevision | undefined,
): boolean {
  const keyOf = ({ change, flag }: WaitingChange) => `${change} ${flag}`;
  const known = new Set(before?.commit === commit ? [] : before?.waiting?.map(keyOf));
  return waiting.some((one) => !known.has(keyOf(one)));
}

/** Waits until the manifest has another ETag than `seen`: the other publisher has finished. */
async function isReplaced(
  target: Target,
  seen: string | undefined,
  timeoutMs: number,
): Promise<boolean> {
  const deadline = performance.now() + timeoutMs;
  while ((await target.read(manifestPath))?.etag === seen) {
    if (performance.now() > deadline) return false;
    await pause(Math.min(250, timeoutMs));
  }
  return true;
}
