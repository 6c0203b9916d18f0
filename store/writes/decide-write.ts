/** Decides a write by a pure function of the flag as it is, so that it can be replayed on a newer head. */
import { type Change, editForChange, newFile } from "../../schema/change/change.ts";
import {
  type ChangeScope,
  findChangeScope,
  findDisallowedEnvironments,
} from "../../schema/change/change-scope.ts";
import type { FlagChangeSet } from "../../schema/change/change-set.ts";
import { defineFlag, readValues } from "../../schema/change/define-flag.ts";
import { findReadOnlyChanges } from "../../schema/change/read-only-values.ts";
import { hasStep } from "../../schema/change/step-change.ts";
import { givesEveryone } from "../../schema/evaluate/everyone.ts";
import { type Flag, isFull } from "../../schema/flag/flag.ts";
import { type Project, rootEnvironment } from "../../schema/project/project.ts";
import { compareText } from "../../schema/text/order.ts";
import { type ChangedFlag, linkEditedFlag, resultOfChangeSet } from "./edited-flag.ts";
import { enforceProtection } from "./enforce-protection.ts";
import { messageOf } from "./message.ts";
import { findNewFailures } from "./new-failures.ts";
import type { KnownFlag, Write, WriteContext, WriteDecision, WriteResult } from "./write.ts";

/** Decides a write against the current flag. */
export function decideWrite(
  write: Write,
  known: KnownFlag | undefined,
  context: WriteContext,
): WriteDecision {
  const { change, readOnlyValues = {} } = write;
  // A precondition is evaluated only if the request could succeed without it (RFC 9110, section 13.2.1).
  if (!known && !mayCreate(change)) return { result: { status: "not-found" } };
  const keys =
    known && findReadOnlyChanges(readOnlyValues, known.flag, isAtRoot(change, context.project));
  if (keys && keys.length > 0) return { result: { status: "read-only", keys } };
  if (!write.isExpected(known)) return { result: { status: "stale" } };
  if (known && change.kind === "create") return { result: { status: "duplicate" } };

  const by = change.kind === "delete" ? findDependents(change.name, context) : [];
  if (by.length > 0) return { result: { status: "required", by } };
  const changeSet = changeSetFor(change, known, context);
  if (changeSet) return decideChangeSet(write, changeSet, known, context);
  if (!known) return { result: { status: "not-found" } };
  if (change.kind === "step") {
    const isThere = hasStep(known.flag, { block: change.environment, step: change.step });
    return { result: { status: isThere ? "stale" : "not-found" } };
  }
  const partialRollout = findPartialRollout(change, linkEditedFlag(known.flag, context));
  return partialRollout ? { result: partialRollout } : decideNoChange(write, known, context);
}

function mayCreate(change: Change): boolean {
  return change.kind === "create" || (change.kind === "define" && change.mayCreate);
}

function changeSetFor(
  change: Change,
  known: KnownFlag | undefined,
  context: WriteContext,
): FlagChangeSet | undefined {
  const { tests, project } = context;
  const current = known && {
    ...{ file: known.flag.file, text: known.text, flag: known.flag },
    testsFile: tests.get(known.flag.name)?.file,
  };
  if (change.kind === "create") return newFile(change);
  if (change.kind === "define") return defineFlag(change.name, change.definition, current);
  return current && editForChange(change, current, project);
}

/**
 * Why a flag is still not on for everyone after a request with `enabled: true`. A request with `rollout`
 * does so on purpose.
 */
function findPartialRollout(change: Change, flag: Flag): WriteResult | undefined {
  if (change.kind !== "update" || change.enabled !== true || change.rollout !== undefined)
    return undefined;
  const decision = flag.decisions[change.environment];
  if (!decision || isFull(decision)) return undefined;
  const status = "not-for-everyone";
  const { requires = [], uses } = decision;
  const lacking = requires.filter((name) => !uses?.required?.[name]?.isFull);
  if (givesEveryone(decision) && lacking.length > 0) {
    const [flags, verb] = lacking.length === 1 ? ["flag", "is"] : ["flags", "are"];
    const reason = `the required ${flags} ${lacking.join(", ")} ${verb} not on for everyone here`;
    const hint = `turn ${lacking.length === 1 ? "it" : "them"} on first, or send a rollout if this is meant`;
    return { status, reason, hint };
  }
  const rules = (decision.rules ?? []).filter(({ rollout = 100 }) => rollout < 100);
  if (rules.length === 0) {
    const reason = `its rollout is ${decision.rollout} %`;
    return { status, reason, hint: 'send {"enabled": true, "rollout": 100}' };
  }
  const names = rules.map(({ name }) => JSON.stringify(name)).join(", ");
  const reason = `${rules.length === 1 ? "the rule" : "the rules"} ${names} gives less`;
  return { status, reason, hint: "change its file, or send a rollout if this is meant" };
}

/** The flags that require a flag, by name. */
function findDependents(name: string, { flags }: Pick<WriteContext, "flags">): string[] {
  const dependents = flags().filter(({ requires }) => requires.includes(name));
  return dependents.map((flag) => flag.name).sort(compareText);
}

function isAtRoot(change: Change, project: Project): boolean {
  return change.kind !== "update" || change.environment === rootEnvironment(project);
}

function decideChangeSet(
  write: Write,
  changeSet: FlagChangeSet,
  before: KnownFlag | undefined,
  context: WriteContext,
): WriteDecision {
  const changed = resultOfChangeSet(write.change.name, changeSet, before, context);
  if ("errors" in changed) return { result: { status: "invalid", errors: changed.errors } };
  const scope = scopeOf(write, changed, context.project);
  const forbidden =
    scope && findDisallowedEnvironments(scope, write.environments, context.project.environments);
  if (forbidden && forbidden.length > 0)
    return { result: { status: "forbidden", environments: forbidden } };
  const partialRollout = changed.after && findPartialRollout(write.change, changed.after.flag);
  if (partialRollout) return { result: partialRollout };
  const failures = findNewFailures(write.change, changed, context);
  if (failures.length > 0) return { result: { status: "failed-tests", failures } };
  return enforceProtection(write, changed, scope, context);
}

/** Where a new definition takes effect; `undefined` for other changes, whose environment the client names. */
function scopeOf(
  { change }: Write,
  { changeSet, before }: ChangedFlag,
  { environments }: Project,
): ChangeScope | undefined {
  if (change.kind !== "define" || !changeSet.flagFile) return undefined;
  const values = before && readValues(before.text);
  return findChangeScope(values, readValues(changeSet.flagFile.text), environments);
}

/** A key is recorded by a commit that changes no file: a restart or another server must know it as well. */
function decideNoChange(write: Write, known: KnownFlag, context: WriteContext): WriteDecision {
  const { head, time } = context;
  if (!write.idempotency)
    return { result: { status: "unchanged", commit: head, flag: known.flag } };
  const subject = `Leave ${write.change.name} as it is`;
  const message = messageOf(write, { subject, change: "" }, context);
  return {
    status: "unchanged",
    commit: { files: [], message, author: write.actor, time },
    after: known,
  };
}
