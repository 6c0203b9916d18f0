/**
 * Puts a release where clients fetch it: only what changed, only forward, and so that a reader
 * finds each object whole, whoever is interrupted.
 */
import { setTimeout as pause } from "node:timers/promises";
import { manifestPath } from "../../schema/compile/manifest.ts";
import type { Release } from "../../schema/compile/release.ts";
import type { Snapshot } from "../../schema/flag/snapshot.ts";
import type { Publication } from "../../schema/plan/publication.ts";
import type { Repository } from "../snapshot/repository.ts";
import { applyPlan, isDone, type Pace } from "./apply-plan.ts";
import { decide, type Intent } from "./check-fast-forward.ts";
import { ObjectWriter, SupersededError } from "./object-writer.ts";
import { reconcile } from "./reconcile.ts";
import type { Target } from "./target.ts";
import { readTargetState } from "./target-state.ts";
import { verify } from "./verify.ts";

export interface PublishOptions extends Intent, Pace {
  /** The `Cache-Control` of flags and lists. */
  readonly cacheControl: string;
  /** Looks at everything that stands at the target, not at its manifest alone. */
  readonly thorough: boolean;
  /** Decides, and changes nothing. */
  readonly dryRun: boolean;
  /** Reads everything back in the end, and mends what is not as it should be. */
  readonly verify: boolean;
  /** How long to wait for a newer publisher to finish, in milliseconds. */
  readonly patience?: number;
}

export interface Outcome {
  /** `planned`: it was a dry run. `refused`: see `refusals`. */
  readonly status: "published" | "unchanged" | "planned" | "refused";
  readonly commit: string;
  /** The commit that was served before. */
  readonly before: string | undefined;
  readonly publication: Publication;
  readonly refusals: readonly string[];
  /** Paths that a newer publisher, or the next, has to mend. */
  readonly left: readonly string[];
  /** How many objects the verification had to mend. */
  readonly mended: number;
}

/** How often another publisher may finish first before this one gives up. */
const attempts = 10;

/** How long to wait for a newer publisher to finish, in milliseconds. */
const patience = 30_000;

/** A snapshot and the release that was compiled from it. */
export interface CompiledSnapshot {
  readonly snapshot: Snapshot;
  readonly release: Release;
}

/** Publishes a release to `target`, or reports why not. Throws if the target cannot be reached. */
export function publish(
  target: Target,
  repository: Repository,
  { snapshot, release }: CompiledSnapshot,
  options: PublishOptions,
): Promise<Outcome> {
  const { commit } = snapshot;
  const writer = new ObjectWriter(target, repository, commit, {
    cacheControl: options.cacheControl,
    overrules: options.rollback !== undefined,
  });
  const work = async (): Promise<Outcome> => {
    let before: string | undefined;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      const served = await readTargetState(target, release, options.thorough);
      if (attempt === 1) before = served.holder?.commit;
      const decision = await decide(repository, served, snapshot, release, options);
      const { publication, refusals } = decision;
      const outcome = { commit, before, publication, refusals, left: [], mended: 0 };
      const refuse = async (reasons: readonly string[], isFinal: boolean): Promise<Outcome> => {
        const settled = { manifest: served.manifest, isFinal, before };
        const left = await reconcile(target, repository, writer, settled);
        return { ...outcome, status: "refused", refusals: reasons, left };
      };
      if (refusals.length > 0) return refuse(refusals, true);
      const isUnchanged = isDone(decision, served);
      if (options.dryRun) return { ...outcome, status: isUnchanged ? "unchanged" : "planned" };
      try {
        writer.supersedes = decision.rolledBackFrom;
        if (!isUnchanged && !(await applyPlan(writer, decision, served, options))) continue;
        const mended = options.verify
          ? await verify(target, release, writer, options.concurrency)
          : 0;
        return {
          ...outcome,
          status: isUnchanged && mended === 0 ? "unchanged" : "published",
          mended,
        };
      } catch (error) {
        if (!(error instanceof SupersededError)) throw error;
        if (await isReplaced(target, served.seen, options.patience ?? patience)) continue;
        const cure = "publish that commit again; to do it all the same: --rollback REASON";
        return refuse([`${error.message}; ${cure}`], false);
      }
    }
    const why = `other publishers came first ${attempts} times`;
    throw new Error(`Cannot publish to "${target.name}": ${why}`);
  };
  return options.dryRun ? work() : target.exclusively(work);
}

/** Waits until another manifest than the one `seen` stands there: the other publisher is done. */
async function isReplaced(
  target: Target,
  seen: string | undefined,
  patience: number,
): Promise<boolean> {
  const deadline = Date.now() + patience;
  while ((await target.read(manifestPath))?.etag === seen) {
    if (Date.now() > deadline) return false;
    await pause(Math.min(250, patience));
  }
  return true;
}
