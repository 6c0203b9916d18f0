/** A requested change of one flag, as a change set: the edited files and the commit message. */

import type { Flag, FlagType } from "../flag/flag.ts";
import { type Project, rootEnvironment } from "../project/project.ts";
import { edit, format, type TextChange } from "../yaml/edit.ts";
import { removeSteps } from "../yaml/remove-steps.ts";
import type { FlagChangeSet } from "./change-set.ts";
import { type FlagDefinition, schemaComment } from "./define-flag.ts";
import { fileInOwnerFolder } from "./owner-folder.ts";
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
export interface Current {
  /** From the top of the repository. */
  readonly file: string;
  readonly text: string;
  readonly flag: Flag;
  /** The path of the flag's tests, if there are any. */
  readonly testsFile?: string | undefined;
}

/** The change set of an update, a deletion or a step; `undefined` if the file already says what is requested. */
export function editForChange(
  change: Extract<Change, { kind: "update" | "delete" | "step" }>,
  current: Current,
  project: Pick<Project, "environments">,
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
  project: Pick<Project, "environments">,
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
  // A flag that is switched off must stay off, so the steps of the same block are deleted.
  const cancelled = enabled === false ? countSteps(flag, environment) : 0;
  const edited = removeSteps(edit(text, changes), block, cancelled);
  if (edited === text) return undefined;

  const toggles = enabled !== undefined && enabled !== before;
  const rolls =
    rollout !== undefined && !(decision?.enabled && rollout === (decision.rollout ?? 100));
  const pins = enabled !== undefined && !toggles && !describes && !rolls;
  const verbs = [
    ...(toggles ? [enabled ? "Enable" : "Disable"] : []),
    ...(pins ? ["Pin"] : []),
    ...(rolls ? ["Roll out"] : []),
    ...(describes ? ["Describe"] : []),
  ];
  const where = isRoot ? "" : ` in ${environment}`;
  const flagFile = { file, text: edited };
  return {
    files: [flagFile],
    flagFile,
    subject: `${inSentence(verbs)} ${flag.name}${where}`,
    change: [
      ...(toggles ? [`enabled ${before} -> ${enabled}`] : []),
      ...(pins ? [`enabled ${enabled}`] : []),
      ...(rolls ? [`rollout ${rollout}`] : []),
      ...(describes ? ["description"] : []),
      ...(cancelled > 0 ? ["schedule deleted"] : []),
    ].join(", "),
  };
}

function countSteps({ schedules }: Flag, block: string): number {
  return schedules.find((schedule) => schedule.block === block)?.steps.length ?? 0;
}

/** `Enable, roll out and describe`. */
function inSentence(verbs: readonly string[]): string {
  const [first = "", ...others] = verbs;
  const rest = others.map((verb) => verb.toLowerCase());
  const last = rest.pop();
  const words = [first, ...rest].join(", ");
  return last === undefined ? words : `${words} and ${last}`;
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
