import { formatManifest, manifestPath, type WaitingChange } from "../../schema/compile/manifest.ts";
import { type Response, respond } from "../../schema/compile/release.ts";
import {
  findExceededLimits,
  findRemovedEnvironments,
  waitingChanges,
} from "../../schema/plan/limits.ts";
import {
  type EnvironmentDiff,
  type Publication,
  planPublication,
} from "../../schema/plan/publication.ts";
import type { Limits } from "../../schema/project/project.ts";
import type { CompiledSnapshot } from "../snapshot/compiled-snapshot.ts";
import type { Repository } from "../snapshot/repository.ts";
import type { Target } from "../target/target.ts";
import {
  checkAge,
  checkFastForward,
  newestOf,
  type PublishedRevision,
  type Refusal,
} from "./check-fast-forward.ts";
import { readServedLists, type ServedLists } from "./served-lists.ts";
import { holdBackChanges } from "./served-release.ts";
import type { TargetState } from "./target-state.ts";

export interface Intent {
  /** Default: those of the project. */
  readonly limits?: Partial<Limits> | undefined;
  /** Why an older or unrelated commit replaces what is served. */
  readonly rollback?: string | undefined;
  /** Why changes over a limit are right. */
  readonly allow?: string | undefined;
}

/** What to change at a target, or why nothing may be changed. */
export interface PublishDecision {
  /** The release to publish: without the changes that wait. */
  readonly compiled: CompiledSnapshot;
  readonly publication: Publication;
  /** Why nothing may be published, each with the option that permits it. */
  readonly refusals: readonly string[];
  /** The changes that wait for `allow`, and why. */
  readonly waiting: readonly WaitingChange[];
  readonly reasons: readonly string[];
  /** The new manifest. */
  readonly manifest: Response;
  /** Whether there is nothing to do: publishing the same commit again sends nothing. */
  readonly isUnchanged: boolean;
  /** The newer commit that is replaced; `undefined` if the target moves forward. */
  readonly rolledBackFrom: string | undefined;
}

/** Compares a release with what is served. Changes nothing. */
export async function decidePublication(
  target: Target,
  repository: Repository,
  state: TargetState,
  compiled: CompiledSnapshot,
  intent: Intent,
): Promise<PublishDecision> {
  const { snapshot } = compiled;
  const { revision } = state;
  const served = await readServedLists(target, repository, snapshot.project, state);
  const { diffs } = planPublication(compiled.release, state.objects, served.lists);
  const isSame = diffs.every(({ removed, on, off }) => ![...removed, ...on, ...off].length);
  const refusal = revision
    ? await checkFastForward(repository, revision, snapshot)
    : checkAge(served.updatedAt, snapshot, isSame);
  // A rollback names exactly this commit, so none of its changes wait.
  const isRollback = refusal?.option === "rollback" && intent.rollback !== undefined;
  const allow = intent.allow ?? (isRollback ? intent.rollback : undefined);
  const limits = { ...snapshot.project.limits, ...intent.limits };
  const limited = await applyLimits(repository, revision, diffs[0], compiled, { limits, allow });
  const gone = diffs.filter(
    ({ environment }) => !snapshot.project.environments.includes(environment),
  );
  const reasons = [
    ...findReasonsToRefuse(state, served, compiled),
    ...(limited.refusedBecause === undefined ? [] : [limited.refusedBecause]),
    ...(isRollback ? [] : findRemovedEnvironments(gone, limits)),
  ];
  const found: Refusal[] = [
    ...(refusal ? [refusal] : []),
    ...reasons.map((reason) => ({ reason, option: "allow" as const })),
  ];
  const refusals = found
    .filter(({ option }) => intent[option] === undefined)
    .map(({ reason, option }) => `${reason}; to publish anyway: --${option} REASON`);
  const isAllowed = limited.exceeded > 0 || found.some(({ option }) => option === "allow");
  const reasonsGiven = { ...intent, allow: isAllowed ? intent.allow : undefined };
  const { manifest, rolledBackFrom } = annotate(state, limited, refusal, reasonsGiven);
  const publication = planPublication(limited.compiled.release, state.objects, served.lists);
  const isUnchanged =
    publication.put.length + publication.remove.length === 0 &&
    state.manifestObject?.etag === manifest.md5;
  return {
    ...{ compiled: limited.compiled, waiting: limited.waiting, reasons: limited.reasons },
    ...{ publication, refusals },
    ...{ manifest, isUnchanged, rolledBackFrom },
  };
}

/** Reasons to publish nothing without an explicit permission. */
function findReasonsToRefuse(
  state: TargetState,
  served: ServedLists,
  { snapshot }: CompiledSnapshot,
) {
  const reasons: string[] = [];
  const { manifest, manifestObject } = state;
  if (served.unreadable !== undefined)
    reasons.push(`it is not known what is served: ${served.unreadable}`);
  if (manifestObject && !manifest) {
    const format = formatOf(manifestObject.body.toString("utf8"));
    if (format !== undefined && format > 1) {
      reasons.push(`its "manifest.json" has the format ${format}, which a newer program wrote`);
    } else if (state.lists.size === 0) {
      reasons.push('its "manifest.json" is another program\'s');
    }
  }
  if (snapshot.flags.length === 0 && served.lists.size === 0)
    reasons.push("it has no flags at all");
  return reasons;
}

function formatOf(text: string): number | undefined {
  try {
    const { format } = JSON.parse(text) ?? {};
    return typeof format === "number" ? format : undefined;
  } catch {
    return undefined;
  }
}

interface LimitedRelease {
  readonly compiled: CompiledSnapshot;
  readonly waiting: readonly WaitingChange[];
  readonly reasons: readonly string[];
  /** How many limits the whole publication exceeds, allowed or not. */
  readonly exceeded: number;
  /** Why nothing is published, if the changes over the limit cannot be held back. */
  readonly refusedBecause?: string;
}

/** Holds back only the changes that exceed a limit. */
async function applyLimits(
  repository: Repository,
  revision: PublishedRevision | undefined,
  root: EnvironmentDiff | undefined,
  compiled: CompiledSnapshot,
  { limits, allow }: { readonly limits: Limits; readonly allow: string | undefined },
): Promise<LimitedRelease> {
  const size = compiled.snapshot.flags.length;
  const before = revision?.waiting ?? [];
  const exceeded = root ? findExceededLimits({ ...root, size }, limits, before) : [];
  const unlimited = { compiled, waiting: [], reasons: [], exceeded: exceeded.length };
  if (allow !== undefined || exceeded.length === 0) return unlimited;

  const waiting = waitingChanges(exceeded, before, revision?.commit ?? "");
  const reasons = exceeded.map(({ reason }) => reason);
  try {
    const held = await holdBackChanges(repository, compiled, waiting);
    return { compiled: held, waiting, reasons, exceeded: exceeded.length };
  } catch {
    // Without the earlier version of a flag, its change cannot be held back alone.
    return { ...unlimited, refusedBecause: reasons.join(", and ") };
  }
}

/** The manifest, and the commit that is rolled back. */
function annotate(
  { revision, manifest: served }: TargetState,
  { compiled: { release }, waiting }: LimitedRelease,
  refusal: Refusal | undefined,
  { rollback: reason = "", allow }: Pick<Intent, "rollback" | "allow">,
): Pick<PublishDecision, "manifest" | "rolledBackFrom"> {
  const isSame = revision?.commit === release.commit;
  const isRollback = revision !== undefined && refusal?.option === "rollback";
  const added = isRollback ? { from: newestOf(revision), reason } : undefined;
  const rollback = isSame ? revision.rollback : added;
  const allowed = allow ?? (isSame ? served?.allowed : undefined);
  const text = formatManifest(release, { rollback, allowed, waiting });
  return { manifest: respond(manifestPath, text), rolledBackFrom: rollback?.from };
}
