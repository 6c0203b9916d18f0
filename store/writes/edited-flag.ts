/** A flag before and after a change set, if its new file is valid. */
import type { FlagChangeSet } from "../../schema/change/change-set.ts";
import { parseFlagFile } from "../../schema/file/parsed-file.ts";
import {
  findReferenceProblemsOf,
  type ReferenceProblem,
} from "../../schema/file/reference-problems.ts";
import { type Flag, normalize } from "../../schema/flag/flag.ts";
import { linkFlag } from "../../schema/flag/link.ts";
import { checkName, foldCase } from "../../schema/flag/name.ts";
import { type TimedFlag, timestamp } from "../../schema/flag/snapshot.ts";
import { type Finding, isError } from "../../schema/problem/problem.ts";
import { checkDefinitionsSize, entryBytes } from "../../schema/size/definitions-size.ts";
import { checkListSize } from "../../schema/size/list-size.ts";
import { objectId } from "../git/object-id.ts";
import type { InvalidKey, KnownFlag, WriteContext } from "./write.ts";

export interface ChangedFlag {
  readonly changeSet: FlagChangeSet;
  readonly before: KnownFlag | undefined;
  /** Missing if the flag is deleted. */
  readonly after: KnownFlag | undefined;
}

export function resultOfChangeSet(
  name: string,
  changeSet: FlagChangeSet,
  before: KnownFlag | undefined,
  context: Omit<WriteContext, "sign">,
): ChangedFlag | { readonly errors: readonly InvalidKey[] } {
  const { head, project, time } = context;
  const { flagFile } = changeSet;
  if (!flagFile) return { changeSet, before, after: undefined };
  const { file, text } = flagFile;

  const { flag, findings } = parseFlagFile(Buffer.from(text), project);
  // A slash would make it the name of a folder and of another flag.
  const fileName = `${name.replaceAll("/", "\\")}.yaml`;
  const errors = [
    ...checkName(fileName, project)
      .filter(isError)
      .map((finding) => invalidKey("name", finding)),
    ...findings.filter(isError).map((finding) => invalidKey(keyAt(text, finding), finding)),
    ...(before ? [] : checkNewName(name, context)),
  ];
  if (!flag || errors.length > 0) return { errors };
  const updated_at = timestamp(time);
  const created_at = before?.flag.created_at ?? updated_at;
  const object = objectId("blob", text, head);
  const normal = { ...normalize(name, flag, project), file, object, created_at, updated_at };
  const wrong = mattersToOthers(normal, before?.flag)
    ? findReferenceProblemsOf(withFlag(normal, context), context.audiences)
    : [];
  if (wrong.length > 0) return { errors: wrong.map(invalidReference) };
  const excess = growsIn(project.environments, normal, before?.flag)
    ? checkDefinitionsSize(withFlag(normal, context), context.audiences, project).filter(isError)
    : [];
  if (excess.length > 0) return { errors: excess.map((finding) => invalidKey("rules", finding)) };
  return { changeSet, before, after: { flag: linkEditedFlag(normal, context), text } };
}

/** Whether a reference may be wrong after a change. Nearly no write needs to read all flags. */
function mattersToOthers(after: Flag, before: Flag | undefined): boolean {
  const hasVariants = ({ decisions }: Flag) =>
    Object.values(decisions).some(({ variants }) => variants !== undefined);
  if (after.requires.length + after.audiences.length > 0) return true;
  if (!before) return false;
  return (
    before.private !== after.private ||
    hasVariants(before) !== hasVariants(after) ||
    rulesOf(before) !== rulesOf(after)
  );
}

/** The rules of a required flag count in the size of those that require it. */
function rulesOf({ decisions }: Flag): string {
  return JSON.stringify(Object.values(decisions).map(({ rules = [] }) => rules));
}

/**
 * Whether a flag takes more bytes of a `definitions.json` than before. If not, its change is never
 * refused because of the size.
 */
function growsIn(environments: readonly string[], after: Flag, before: Flag | undefined): boolean {
  return environments.some(
    (one) => entryBytes(after, one) > (before ? entryBytes(before, one) : 0),
  );
}

/**
 * Checks that no other name differs only by case, and that clients can read the list with one more flag.
 * Without this check, the commit would be pushed and only then be found invalid.
 */
function checkNewName(
  name: string,
  { flags, project }: Pick<WriteContext, "flags" | "project">,
): InvalidKey[] {
  const names = flags().map((flag) => flag.name);
  const folded = foldCase(name);
  const other = names.find((one) => foldCase(one) === folded);
  if (other !== undefined) {
    const message = `Cannot use the name "${name}" beside "${other}": the names differ only by case`;
    return [{ key: "name", code: "duplicate-name", message }];
  }
  return checkListSize([...names, name], project)
    .filter(isError)
    .map((finding) => invalidKey("name", finding));
}

/** A flag with its references, as they are after the earlier writes of the batch. */
export function linkEditedFlag(
  flag: TimedFlag,
  context: Pick<WriteContext, "flags" | "audiences">,
): TimedFlag {
  const { requires, audiences } = flag;
  if (requires.length + audiences.length === 0) return flag;
  return linkFlag(flag, withFlag(flag, context), context.audiences);
}

function withFlag(flag: TimedFlag, { flags }: Pick<WriteContext, "flags">): TimedFlag[] {
  return [...flags().filter(({ name }) => name !== flag.name), flag];
}

function invalidReference({ kind, flag, code, message }: ReferenceProblem): InvalidKey {
  return { key: kind === "flag" ? "requires" : "rules", code, message: `${message} (${flag})` };
}

function invalidKey(key: string, { code, message }: Finding): InvalidKey {
  return { key, code, message };
}

/** The key on the line of a finding. Every value that a client can set is written on one line. */
function keyAt(text: string, { line }: Finding): string {
  const [, key = "description"] = /^ *(\w+):/.exec(text.split("\n")[line - 1] ?? "") ?? [];
  return key;
}
