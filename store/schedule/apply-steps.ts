/** Applies scheduled steps through the store: each is a commit in the name of the person who wrote it. */
import { hash } from "node:crypto";
import pMap from "p-map";
import type { FlagStep } from "../../schema/flag/schedule.ts";
import { rootEnvironment } from "../../schema/project/project.ts";
import type { FlagStore } from "../writes/flag-store.ts";
import type { Write, WriteResult } from "../writes/write.ts";
import { findStepOrigin, stepKey, type WrittenStep } from "./step-origin.ts";

/** The result of a step. */
export type StepResult = FlagStep & {
  /** `committed`: applied. `repeated`: applied before. Others: the step is not there any more, or is not the first one. */
  readonly status: WriteResult["status"];
  /** Full id of the commit that applied it. */
  readonly commit?: string;
  /** Why the new file is not valid. */
  readonly faults?: readonly string[];
};

/** Maximum number of concurrent git processes that search for authors. */
const concurrency = 4;
/** The id of the actor in trailers and in the history: the name is the author's. */
const actorId = "schedule";

/**
 * Applies steps of the current snapshot, in order. A step that is gone by now is not applied. Throws
 * what `FlagStore.write()` throws; steps before it may be applied then.
 */
export async function applySteps(
  store: FlagStore,
  directory: string,
  steps: readonly FlagStep[],
): Promise<StepResult[]> {
  const { snapshot } = store.current ?? {};
  if (!snapshot) return [];
  const root = rootEnvironment(snapshot.project);
  const origins = await pMap(
    steps,
    (step) => findStepOrigin(directory, snapshot.commit, step, root),
    { concurrency },
  );
  // Writes of one actor keep their order.
  const writes = steps.map((step, index) => {
    const { appliedBy } = origins[index] ?? {};
    if (appliedBy !== undefined) return { status: "repeated", commit: appliedBy } as const;
    return store.write(writeOf(step, origins[index]));
  });
  const settled = await Promise.allSettled(writes);
  return settled.map((one, index) => {
    if (one.status === "rejected") throw one.reason;
    return resultOf(steps[index] as FlagStep, one.value);
  });
}

function resultOf(step: FlagStep, result: WriteResult): StepResult {
  const { status } = result;
  if ("commit" in result) return { ...step, status, commit: result.commit };
  if (result.status !== "invalid") return { ...step, status };
  return { ...step, status, faults: result.errors.map(({ message }) => message) };
}

function writeOf({ flag, block, step }: FlagStep, written: WrittenStep | undefined): Write {
  const { commit = "", pullRequest = "", author } = written ?? {};
  const by = [
    ...(pullRequest === "" ? [] : [`pull request ${pullRequest}`]),
    ...(commit === "" ? [] : [`commit ${commit.slice(0, 12)}`]),
  ];
  return {
    change: { kind: "step", name: flag, environment: block, step, origin: { commit, pullRequest } },
    actor: { id: actorId, name: author?.name ?? "unknown", email: author?.email ?? "unknown" },
    reason: `Scheduled for ${step.at}${by.length === 0 ? "" : ` by ${by.join(", ")}`}`,
    requestId: "",
    isExpected: () => true,
    // A step that was applied is not applied again, even if a revert brings it back.
    idempotency: { key: stepKey({ flag, block, step }), fingerprint: hash("sha256", actorId) },
  };
}
