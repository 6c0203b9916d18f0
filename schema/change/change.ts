/** A requested change of one flag, as an edit of the flag's file. */
import { edit, format, type Change as TextChange } from "../file/edit.ts";
import type { Flag, FlagType } from "../flag/flag.ts";
import { type Project, rootEnvironment } from "../project/project.ts";

export type Change =
  | {
      readonly kind: "create";
      readonly name: string;
      readonly enabled: boolean;
      readonly description: string;
      readonly owner?: string | undefined;
      readonly type?: FlagType | undefined;
      readonly expires?: string | undefined;
    }
  | {
      readonly kind: "update";
      readonly name: string;
      readonly environment: string;
      readonly enabled?: boolean | undefined;
      readonly description?: string | undefined;
    }
  | { readonly kind: "delete"; readonly name: string };

/** A flag file as it is now. */
export interface Current {
  /** From the top of the repository. */
  readonly file: string;
  readonly text: string;
  readonly flag: Flag;
}

/** The new content of one file, and the words of its commit. */
export interface Edit {
  readonly file: string;
  /** The new text; missing if the file is deleted. */
  readonly text?: string;
  /** `Disable meal_planning in staging`. */
  readonly subject: string;
  /** The changed values in one line, `enabled true -> false`; `""` if the subject says everything. */
  readonly change: string;
}

/** The edit for an update or a deletion; `undefined` if the file already says what is requested. */
export function editForChange(
  change: Exclude<Change, { kind: "create" }>,
  current: Current,
  project: Pick<Project, "environments">,
): Edit | undefined {
  const { file, flag } = current;
  if (change.kind === "delete") return { file, subject: `Delete ${flag.name}`, change: "" };
  return editForUpdate(change, current, project);
}

function editForUpdate(
  { environment, enabled, description: requested }: Extract<Change, { kind: "update" }>,
  { file, text, flag }: Current,
  project: Pick<Project, "environments">,
): Edit | undefined {
  const before = flag.decisions[environment]?.enabled;
  // format() writes NFC, so the same text in another Unicode form is no change.
  const description = requested?.normalize("NFC");
  const describes = description !== undefined && description !== flag.description;
  const isRoot = environment === rootEnvironment(project);
  const path = isRoot ? ["enabled"] : ["environments", environment, "enabled"];
  const changes: TextChange[] = [
    // Written even if the value is the same today: an environment without a value of its own would
    // follow the next change at the root.
    ...(enabled === undefined ? [] : [{ path, value: enabled }]),
    ...(describes ? [{ path: ["description"], value: description }] : []),
  ];
  const edited = edit(text, changes);
  if (edited === text) return undefined;

  const toggles = enabled !== undefined && enabled !== before;
  const pins = enabled !== undefined && !toggles && !describes;
  const verbs = [
    ...(toggles ? [enabled ? "Enable" : "Disable"] : []),
    ...(pins ? ["Pin"] : []),
    ...(describes ? ["Describe"] : []),
  ];
  const where = isRoot ? "" : ` in ${environment}`;
  return {
    file,
    text: edited,
    subject: `${verbs.join(" and ").replace("and D", "and d")} ${flag.name}${where}`,
    change: [
      ...(toggles ? [`enabled ${before} -> ${enabled}`] : []),
      ...(pins ? [`enabled ${enabled}`] : []),
      ...(describes ? ["description"] : []),
    ].join(", "),
  };
}

/** The folder of flags that have no owner. */
const unownedFolder = "unowned";

/** The file of a new flag, in its owner's folder. */
export function newFile(change: Extract<Change, { kind: "create" }>): Edit {
  const { name, enabled, description, owner, type, expires } = change;
  const pragma = "# yaml-language-server: $schema=../../schema/flag.schema.json\n";
  const values = { description: description || undefined, owner, type, expires };
  const changes = Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [{ path: [key], value }],
  );
  const text = format(edit(`${pragma}enabled: ${enabled}\n`, changes));
  const file = `flags/${owner ?? unownedFolder}/${name}.yaml`;
  return { file, text, subject: `Create ${name}`, change: `enabled ${enabled}` };
}
