/** A requested definition of a whole flag, as a change set. */
import { isReservedFolder } from "../flag/file-kind.ts";
import { isMapping, isSameJson } from "../text/json.ts";
import { compareText } from "../text/order.ts";
import { edit, editAtOnce, format, type TextChange } from "../yaml/edit.ts";
import type { EditValue } from "../yaml/merge-node.ts";
import { parse } from "../yaml/parse.ts";
import type { FileEdit, FlagChangeSet } from "./change-set.ts";

/** A whole flag as a client sends it: the text of its file, or the file's values. */
export type FlagDefinition =
  | { readonly form: "yaml"; readonly text: string }
  | { readonly form: "json"; readonly value: Values };

/** The values of a flag file that has the right shape, by key. */
export type Values = Readonly<Record<string, EditValue>>;

/** The first line of a new file, for editors. */
export const schemaComment = "# yaml-language-server: $schema=../../schema/flag.schema.json\n";

/**
 * The change set that gives a flag a definition, which must be a valid flag file; `undefined` if the
 * file has it already. `current` is missing for a new flag.
 *
 * Values are edited into the file, so its comments stay. A flag that is in the folder of its owner
 * moves to the folder of a new owner, in the same commit.
 */
export function defineFlag(
  name: string,
  definition: FlagDefinition,
  current: Required<FileEdit> | undefined,
): FlagChangeSet | undefined {
  const text =
    definition.form === "yaml"
      ? layOut(definition.text, current?.text)
      : writeValues(current?.text, definition.value);
  const [before, after] = [current ? readValues(current.text) : {}, readValues(text)];
  const file = fileOf(name, after, before, current);
  if (text === current?.text && file === current.file) return undefined;
  const flagFile = { file, text };
  const isMove = current !== undefined && current.file !== file;
  return {
    files: isMove ? [{ file: current.file }, flagFile] : [flagFile],
    flagFile,
    subject: current
      ? `Update ${name}${isMove ? ` and move it to ${folderOf(file)}` : ""}`
      : `Create ${name}`,
    change: findChangedKeys(before, after).join(", "),
  };
}

/** The values of a text that is a valid flag file. */
export function readValues(text: string): Values {
  return (parse(text).value ?? {}) as Values;
}

/** The text in the layout that CI requires. The current text of the file stays as it is. */
function layOut(text: string, current: string | undefined): string {
  return text === current ? text : format(text);
}

function writeValues(current: string | undefined, after: Values): string {
  const text = current ?? `${schemaComment}enabled: ${after.enabled}\n`;
  const edits = findEdits([], readValues(text), after);
  return edits.length > 1 ? editAtOnce(text, edits) : edit(text, edits);
}

/** The edits that make `before` to `after`. The order of keys in a block means nothing, so it stays. */
function findEdits(block: readonly string[], before: Values, after: Values): TextChange[] {
  const changed = Object.keys(after).flatMap((key): TextChange[] => {
    const [was, is] = [before[key], after[key]];
    if (isSameJson(was, is)) return [];
    // `environments` and the blocks in it are edited key by key, too.
    const isBlock = block.length === 0 ? key === "environments" : block.length === 1;
    if (isBlock && isMapping(was) && isMapping(is) && Object.keys(is).length > 0)
      return findEdits([...block, key], was, is);
    return [{ path: [...block, key], value: is }];
  });
  const removed = Object.keys(before).filter((key) => !Object.hasOwn(after, key));
  return [...changed, ...removed.map((key) => ({ path: [...block, key] }))];
}

/** `enabled`, `environments.staging`: sorted. */
function findChangedKeys(before: Values, after: Values, prefix = ""): string[] {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort(compareText);
  return keys.flatMap((key) => {
    const [was, is] = [before[key], after[key]];
    if (isSameJson(was, is)) return [];
    const isBlocks = prefix === "" && key === "environments";
    if (isBlocks) return findChangedKeys(asMapping(was), asMapping(is), `${key}.`);
    return [`${prefix}${key}`];
  });
}

/** The folder of flags that have no owner, or one whose name is a reserved folder. */
const unownedFolder = "unowned";

/** The file of a flag in its owner's folder, where the API puts new flags. */
export function fileInOwnerFolder(name: string, owner: string | undefined): string {
  const folder = !owner || isReservedFolder(owner) ? unownedFolder : owner;
  return `flags/${folder}/${name}.yaml`;
}

/** If people moved a flag out of its owner's folder, it stays where it is. */
function fileOf(
  name: string,
  after: Values,
  before: Values,
  current: Required<FileEdit> | undefined,
): string {
  const [old, next] = [before, after].map(({ owner }) =>
    fileInOwnerFolder(name, typeof owner === "string" ? owner : undefined),
  ) as [string, string];
  return current === undefined || current.file === old ? next : current.file;
}

function folderOf(file: string): string {
  return file.split("/").at(-2) ?? "";
}

function asMapping(value: EditValue | undefined): Values {
  return isMapping(value) ? value : {};
}
