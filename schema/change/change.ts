/** A requested change of one flag, as a change set: the edited files and the commit message. */
import type { Flag, FlagType } from "../flag/flag.ts";
import { stepsOfBlock } from "../flag/schedule.ts";
import { type Environments, rootEnvironment } from "../project/project.ts";
import { joined } from "../text/show.ts";
import { edit, format, type TextChange } from "../yaml/edit.ts";
import { removeSteps } from "../yaml/remove-steps.ts";
import type { FileEdit, FlagChangeSet } from "./change-set.ts";
import { type FlagDefinition, fileInOwnerFolder, schemaComment } from "./define-flag.ts";
import { editForStep, type StepChange } from "./step-change.ts";

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
      /** In percent. */
      readonly rollout?: number | undefined;
      readonly description?: string | undefined;
    }
  | {
      readonly kind: "define";
      readonly name: string;
      readonly definition: FlagDefinition;
      /** Whether a missing flag is created. */
      readonly mayCreate: boolean;
    }
  | { readonly kind: "delete"; readonly name: string }
  | StepChange;

/** A flag file as it is now. */
export interface Current extends Required<FileEdit> {
  readonly flag: Flag;
  /** The path of the flag's tests, if there are any. */
  readonly testsFile?: string | undefined;
}

/** The change set of an update, a deletion or a step; `undefined` if the file already says what is requested. */
export function editForChange(
  change: Extract<Change, { kind: "update" | "delete" | "step" }>,
  current: Current,
  project: Environments,
): FlagChangeSet | undefined {
  const { file, flag } = current;
  if (change.kind === "delete") {
    const files = [file, current.testsFile].flatMap((one) =>
      one === undefined ? [] : [{ file: one }],
    );
    return { files, subject: `Delete ${flag.name}`, change: "" };
  }
  if (change.kind === "step") {
    const step = editForStep(change, current.text, flag, project);
    if (!step) return undefined;
    const { text, ...words } = step;
    return { files: [{ file, text }], flagFile: { file, text }, ...words };
  }
  return editForUpdate(change, current, project);
}

function editForUpdate(
  { environment, enabled, rollout, description: requested }: Extract<Change, { kind: "update" }>,
  { file, text, flag }: Current,
  project: Environments,
): FlagChangeSet | undefined {
  const decision = flag.decisions[environment];
  const before = decision?.enabled;
  // format() writes NFC, so the same text in another Unicode form is no change.
  const description = requested?.normalize("NFC");
  const describes = description !== undefined && description !== flag.description;
  const isRoot = environment === rootEnvironment(project);
  const block = isRoot ? [] : ["environments", environment];
  const changes: TextChange[] = [
    // Written even if the value is the same today: an environment without a value of its own would
    // follow the next change at the root.
    ...(enabled === undefined ? [] : [{ path: [...block, "enabled"], value: enabled }]),
    // 100 is the default, and needs no line.
    ...(rollout === undefined
      ? []
      : [{ path: [...block, "rollout"], ...(rollout === 100 ? {} : { value: rollout }) }]),
    ...(describes ? [{ path: ["description"], value: description }] : []),
  ];
  // A flag that is disabled must stay disabled, so the steps of the same block are deleted.
  const cancelled = enabled === false ? stepsOfBlock(flag, environment).length : 0;
  const edited = removeSteps(edit(text, changes), block, cancelled);
  if (edited === text) return undefined;

  const toggles = enabled !== undefined && enabled !== before;
  const rolls =
    rollout !== undefined && !(decision?.enabled && rollout === (decision.rollout ?? 100));
  const pins = enabled !== undefined && !toggles && !describes && !rolls;
  const parts = [
    ...(toggles ? [[enabled ? "Enable" : "Disable", `enabled ${before} -> ${enabled}`]] : []),
    ...(pins ? [["Pin", `enabled ${enabled}`]] : []),
    ...(rolls ? [["Roll out", `rollout ${rollout}`]] : []),
    ...(describes ? [["Describe", "description"]] : []),
  ] as const;
  // `Enable, roll out and describe`
  const verbs = parts.map(([verb = ""], index) => (index === 0 ? verb : verb.toLowerCase()));
  const flagFile = { file, text: edited };
  return {
    files: [flagFile],
    flagFile,
    subject: `${joined(verbs)} ${flag.name}${isRoot ? "" : ` in ${environment}`}`,
    change: [...parts.map(([, what]) => what), ...(cancelled > 0 ? ["schedule deleted"] : [])].join(
      ", ",
    ),
  };
}

/** The file of a new flag, in its owner's folder. */
export function newFile(change: Extract<Change, { kind: "create" }>): FlagChangeSet {
  const { name, enabled, description, owner, type, expires } = change;
  const values = { description: description || undefined, owner, type, expires };
  const changes = Object.entries(values).flatMap(([key, value]) =>
    value === undefined ? [] : [{ path: [key], value }],
  );
  const text = format(edit(`${schemaComment}enabled: ${enabled}\n`, changes));
  const flagFile = { file: fileInOwnerFolder(name, owner), text };
  const files = [flagFile];
  return { files, flagFile, subject: `Create ${name}`, change: `enabled ${enabled}` };
}
