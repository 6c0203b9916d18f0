import type { Rights } from "./rights.ts";
import type { Workflow } from "./workflow.ts";

/** The parts of a run that GitHub provides. */
export interface Host {
  /** The context `github`, without the token. */
  readonly github: Readonly<Record<string, unknown>>;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** By environment; those under `""` are the repository's own. */
  readonly vars: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly secrets: Readonly<Record<string, string>>;
  /** Whether a fork's pull request started it. */
  readonly isStrangers: boolean;
  readonly actions: Readonly<Record<string, Action>>;
  /** Variables of every step, in addition to GitHub's own. */
  readonly env: Readonly<Record<string, string>>;
  /** The origin of the workflow's file: the contexts `job.workflow_repository` and `job.workflow_sha`. */
  readonly source: Source;
  /** The workflow that a job `uses`, and the origin of its file. */
  readonly findReusable: (uses: string, source: Source) => { workflow: Workflow; source: Source };
  /** A token with these permissions and no others, until the job has ended. */
  readonly lend: (permissions: Rights["permissions"]) => { token: string; end: () => void };
}

export interface Source {
  readonly repository: string;
  readonly sha: string;
}

/** A fake action: its outputs, from its inputs. If it throws, the step fails. */
export type Action = (
  inputs: Readonly<Record<string, string>>,
  surroundings: ActionContext,
) => Promise<Record<string, string> | undefined> | Record<string, string> | undefined;

export interface ActionContext {
  readonly workspace: string;
  readonly github: Readonly<Record<string, unknown>>;
  readonly permissions: Rights["permissions"];
  readonly environment: string | undefined;
  /** Sets a variable for the steps that follow. */
  readonly exportVariable: (name: string, value: string) => void;
}
