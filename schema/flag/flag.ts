import { type Project, rootEnvironment } from "../project/project.ts";

/** A flag as people write it: a file that meets `flag.schema.json`. */
export interface FlagFile extends DecisionFile {
  readonly description?: string;
  readonly owner?: string;
  readonly type?: FlagType;
  readonly expires?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Blocks that replace the keys of `DecisionFile` as one unit. */
  readonly environments?: Readonly<Record<string, DecisionFile>>;
}

/** How a flag is decided, as people write it. */
export interface DecisionFile {
  readonly enabled: boolean;
}

export type FlagType = "release" | "experiment" | "operational" | "kill_switch" | "permission";

/** How a flag is decided in one environment, with every default filled in. */
export interface Decision {
  /** `false` overrides everything else. */
  readonly enabled: boolean;
}

/** A flag as the program uses it, with every default filled in. */
export interface Flag {
  readonly name: string;
  readonly description: string;
  /** `""` if no team is named. */
  readonly owner: string;
  readonly type: FlagType;
  /** `YYYY-MM-DD`; `""` if the flag may stay. */
  readonly expires: string;
  /** Shown to people, not sent to clients. */
  readonly metadata: Readonly<Record<string, string>>;
  /** By environment: one for each environment of the project, in its order. */
  readonly decisions: Readonly<Record<string, Decision>>;
}

const none = {};

/** The written form of a flag in its normal form. */
export function normalize(
  name: string,
  file: FlagFile,
  project: Pick<Project, "environments">,
): Flag {
  const { description = "", owner = "", type = "release", expires = "", metadata = none } = file;
  const root = rootEnvironment(project);
  const decisions: Record<string, Decision> = {};
  for (const environment of project.environments) {
    const block = environment === root ? undefined : file.environments?.[environment];
    decisions[environment] = normalizeDecision(block ?? file);
  }
  return { name, description, owner, type, expires, metadata, decisions };
}

/** The decisions of flags that are on or off for everyone, which nearly all are: one object for all of them. */
const plain = { on: { enabled: true }, off: { enabled: false } } as const;

function normalizeDecision({ enabled }: DecisionFile): Decision {
  return enabled ? plain.on : plain.off;
}

/** The boolean that clients get in an environment: whether the flag is on for everyone there. */
export function isOn({ decisions }: Pick<Flag, "decisions">, environment: string): boolean {
  return decisions[environment]?.enabled === true;
}
