import { formatManifest } from "../../schema/compile/manifest.ts";
import type { Release } from "../../schema/compile/release.ts";
import type { Snapshot } from "../../schema/flag/snapshot.ts";
import {
  findLimitViolations,
  type Limits,
  type Publication,
  planPublication,
} from "../../schema/plan/publication.ts";
import type { Repository } from "../snapshot/repository.ts";
import { findObstacle, newestOf } from "./permission.ts";
import type { TargetState } from "./target-state.ts";

export interface Intent extends Limits {
  /** Why an older or unrelated commit takes the place of what is served. */
  readonly rollback?: string | undefined;
  /** Why it is right although it looks like an accident. */
  readonly allow?: string | undefined;
}

/** What is to be done at a target, or why not. */
export interface Decision {
  readonly publication: Publication;
  /** Why it must not be done, each with the way past it. */
  readonly refusals: readonly string[];
  /** The text of the new manifest. */
  readonly manifest: string;
  /** The newer commit that this takes the place of; missing where it goes forward. */
  readonly rolledBackFrom: string | undefined;
}

/** Weighs a release against what is served. Changes nothing. */
export async function decide(
  repository: Repository,
  served: TargetState,
  snapshot: Snapshot,
  release: Release,
  intent: Intent,
): Promise<Decision> {
  const { holder } = served;
  const publication = planPublication(release, served.standing, served.lists);
  const obstacle = holder && (await findObstacle(repository, holder, snapshot));
  const isSame = holder?.commit === release.commit;
  // Putting right what was changed by hand is no accident, however much it was.
  const dangers = isSame ? [] : findLimitViolations(publication, release, intent);
  if (served.seen !== undefined && !served.manifest && served.lists.size === 0) {
    dangers.push('its "manifest.json" is another program\'s');
  }

  const refusals: string[] = [];
  if (obstacle && intent[obstacle.way] === undefined) {
    refusals.push(`${obstacle.reason}; to do it all the same: --${obstacle.way} REASON`);
  }
  if (intent.allow === undefined) {
    refusals.push(...dangers.map((danger) => `${danger}; to do it all the same: --allow REASON`));
  }

  const isRollback = holder && obstacle?.way === "rollback";
  const rolledBackFrom = isRollback
    ? newestOf(holder)
    : isSame
      ? holder?.rollback?.from
      : undefined;
  const notes =
    holder && isSame
      ? { rollback: holder.rollback, allowed: served.manifest?.allowed }
      : {
          rollback:
            rolledBackFrom === undefined
              ? undefined
              : { from: rolledBackFrom, reason: intent.rollback ?? "" },
          allowed: obstacle?.way === "allow" || dangers.length > 0 ? intent.allow : undefined,
        };
  return { publication, refusals, manifest: formatManifest(release, notes), rolledBackFrom };
}
