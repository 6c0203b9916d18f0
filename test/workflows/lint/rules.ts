// biome-ignore-all lint/suspicious/noTemplateCurlyInString: GitHub's expressions look like it
/** Rules for every workflow, in addition to those of actionlint. */
import { type Path, WorkflowSource } from "./source.ts";

export interface Mistake {
  /** From 1. */
  readonly line: number;
  readonly rule: string;
  readonly found: string;
}

/** Every mistake in the text of a workflow file, by line. */
export function findMistakes(text: string): Mistake[] {
  const source = new WorkflowSource(text);
  const mistakes = Object.entries(rules).flatMap(([rule, check]) =>
    check(source).map(({ path, found }) => ({ line: source.lineOf(path), rule, found })),
  );
  return mistakes.sort((a, b) => a.line - b.line);
}

/** The inputs of a checkout of the workflow's own repository, at the commit of the workflow's file. */
const ownCommit: Readonly<Record<string, string>> = {
  ref: "${{ job.workflow_sha }}",
  repository: "${{ job.workflow_repository }}",
};

interface FoundMistake {
  readonly path: Path;
  readonly found: string;
}

const rules: Readonly<Record<string, (source: WorkflowSource) => FoundMistake[]>> = {
  /** An action is named by a commit's full id, with its version in a comment. */
  "pinned-action": (source) =>
    source.steps.flatMap((step) => {
      const path = [...step, "uses"];
      const uses = source.get(path);
      if (uses === undefined) return [];
      // The program's own action, in the folder of `programCheckout`.
      if (uses === "./.bunting") return [];
      const isPinned = /^[\w-]+\/[\w./-]+@[0-9a-f]{40}$/.test(String(uses));
      const hasVersion = /^v\d+\.\d+\.\d+$/.test(source.commentOf(path));
      return isPinned && hasVersion ? [] : [{ path, found: String(uses) }];
    }),

  /** An image is named by its digest, because its owner can move a tag. */
  "pinned-image": (source) =>
    source.jobs.flatMap((job) => {
      const path = [...job, "container"];
      const container = source.get(path);
      if (container === undefined) return [];
      const isPinned = /^[\w./:-]+@sha256:[0-9a-f]{64}$/.test(String(container));
      return isPinned ? [] : [{ path, found: JSON.stringify(container) }];
    }),

  /** The token has only the permissions of the job. */
  "no-permissions-at-the-top": (source) => {
    const found = JSON.stringify(source.get(["permissions"]));
    return found === "{}" ? [] : [{ path: ["permissions"], found: found ?? "none" }];
  },

  /** Each job lists its permissions. */
  "permissions-by-job": (source) =>
    source.jobs.flatMap((job) => {
      const path = [...job, "permissions"];
      if (source.keys(path).length > 0) return [];
      return [{ path, found: String(source.get(path) ?? "none") }];
    }),

  /** A job that hangs ends within an hour; GitHub's limit is six hours. */
  "time-out": (source) =>
    source.jobs.flatMap((job) => {
      const path = [...job, "timeout-minutes"];
      const minutes = Number(source.get(path));
      return minutes > 0 && minutes <= 60 ? [] : [{ path, found: String(source.get(path)) }];
    }),

  /** GitHub inserts an expression into a script before the shell parses it, so values are passed by `env`. */
  "no-injection": (source) =>
    source.steps.flatMap((step) => {
      const scripts = [
        [...step, "run"],
        [...step, "with", "script"],
      ];
      return scripts
        .filter((path) => String(source.get(path)).includes("${{"))
        .map((path) => ({ path, found: String(source.get(path)) }));
    }),

  /** A checkout leaves no token in `.git/config` for later steps. */
  "no-token-left-behind": (source) =>
    source.steps.flatMap((step) => {
      if (!String(source.get([...step, "uses"])).startsWith("actions/checkout@")) return [];
      const path = [...step, "with", "persist-credentials"];
      return source.get(path) === false ? [] : [{ path, found: String(source.get(path)) }];
    }),

  /** `pull_request_target` runs with secrets for anybody's pull request, so it is not used. */
  "no-pull-request-target": (source) =>
    source.events.includes("pull_request_target")
      ? [{ path: ["on", "pull_request_target"], found: "pull_request_target" }]
      : [],

  /** A job with code of a pull request has no secrets and no permission to write. */
  "nothing-for-strangers": (source) => {
    if (!source.events.includes("pull_request")) return [];
    const secrets = source.expressions.filter(({ value }) => /\bsecrets\b|\btoken\b/i.test(value));
    const writes = source.jobs.flatMap((job) =>
      source
        .keys([...job, "permissions"])
        .map((name) => [...job, "permissions", name])
        .filter((path) => source.get(path) !== "read"),
    );
    const environments = source.jobs
      .map((job) => [...job, "environment"])
      .filter((path) => source.get(path) !== undefined);
    return [
      ...secrets.map(({ path, value }) => ({ path, found: value })),
      ...[...writes, ...environments].map((path) => ({ path, found: String(path.at(-1)) })),
    ];
  },

  /** A job that another run starts may have permissions to write, so it runs only reviewed code. */
  "reviewed-code-alone": (source) => {
    if (!source.events.includes("workflow_run")) return [];
    return source.steps.flatMap((step) =>
      Object.entries(ownCommit)
        .map(([key, own]) => ({ path: [...step, "with", key], own }))
        .filter(({ path, own }) => ![undefined, own].includes(source.get(path) as string))
        .map(({ path }) => ({ path, found: String(source.get(path)) })),
    );
  },

  /** Keys of the cloud are valid for an hour and not stored: no input of an action has one. */
  "no-stored-keys": (source) =>
    source.steps.flatMap((step) =>
      source
        .keys([...step, "with"])
        .filter((key) => /access-key|session-token|password/.test(key))
        .map((key) => ({ path: [...step, "with", key], found: key })),
    ),
};
