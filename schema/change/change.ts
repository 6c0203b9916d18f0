/** What a client wants of one flag, and the edit of its file that does it. */
import { edit, format, type Change as TextChange } from "../file/edit.ts";
import type { Flag } from "../flag/flag.ts";
import { application } from "../project/project.ts";

export type Change =
  | {
      readonly kind: "create";
      readonly name: string;
      readonly enabled: boolean;
      readonly description: string;
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

/** What to do to one file, and how to say so in a commit. */
export interface Edit {
  readonly file: string;
  /** The new text; missing where the file goes. */
  readonly text?: string;
  /** `Disable meal_planning in staging`. */
  readonly subject: string;
  /** What changed, from → to, in a line; `""` where the subject says it all. */
  readonly change: string;
}

/** The edit for an update or a removal; nothing where the flag is that way already. */
export function editForChange(
  change: Exclude<Change, { kind: "create" }>,
  { file, text, flag }: Current,
): Edit | undefined {
  if (change.kind === "delete") return { file, subject: `Delete ${flag.name}`, change: "" };
  const { environment, enabled = flag.enabled[environment] } = change;
  // As format() lays it out: a new flag's description is taken in any form, and so is a changed one.
  const description = (change.description ?? flag.description).normalize("NFC");
  const turns = enabled !== flag.enabled[environment];
  const describes = description !== flag.description;
  if (!turns && !describes) return undefined;

  const path = environment === application ? ["enabled"] : ["environments", environment, "enabled"];
  const changes: TextChange[] = [
    ...(turns ? [{ path, value: enabled === true }] : []),
    ...(describes ? [{ path: ["description"], value: description }] : []),
  ];
  const verbs = [
    ...(turns ? [enabled ? "Enable" : "Disable"] : []),
    ...(describes ? ["Describe"] : []),
  ];
  const where = environment === application ? "" : ` in ${environment}`;
  return {
    file,
    text: edit(text, changes),
    subject: `${verbs.join(" and ").replace("and D", "and d")} ${flag.name}${where}`,
    change: [
      ...(turns ? [`enabled ${flag.enabled[environment]} -> ${enabled}`] : []),
      ...(describes ? ["description"] : []),
    ].join(", "),
  };
}

/** The file of a new flag. Nobody owns it yet: its folder says so until somebody moves it. */
export function newFile({ name, enabled, description }: Extract<Change, { kind: "create" }>): Edit {
  const pragma = "# yaml-language-server: $schema=../../schema/flag.schema.json\n";
  const bare = `${pragma}enabled: ${enabled}\n`;
  const text =
    description === "" ? bare : edit(bare, [{ path: ["description"], value: description }]);
  const file = `flags/unowned/${name}.yaml`;
  return { file, text: format(text), subject: `Create ${name}`, change: `enabled ${enabled}` };
}
