import type { Definition, Value } from "../evaluate/definition.ts";
import { givesEveryone } from "../evaluate/everyone.ts";
import { type Project, rootEnvironment } from "../project/project.ts";
import { type IfFile, toConditions } from "./conditions.ts";
import { type Schedule, type StepFile, toStep } from "./schedule.ts";

/** A flag as people write it: a file that meets `flag.schema.json`. */
export interface FlagFile extends DecisionFile {
  readonly description?: string;
  readonly owner?: string;
  readonly type?: FlagType;
  readonly expires?: string;
  readonly bucket?: string;
  readonly seed?: string;
  /** In file order: the first one is for callers outside of the rollout. */
  readonly variants?: Readonly<Record<string, Value>>;
  readonly split?: Readonly<Record<string, number>>;
  /** Boolean flags that must be on for the same caller. */
  readonly requires?: readonly string[];
  readonly private?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Blocks that replace the keys of `DecisionFile` as one unit. */
  readonly environments?: Readonly<Record<string, DecisionFile>>;
}

/** How a flag is decided, as people write it. */
export interface DecisionFile {
  readonly enabled: boolean;
  readonly rollout?: number;
  readonly rules?: readonly RuleFile[];
  /** The earliest first. */
  readonly schedule?: readonly StepFile[];
}

export interface RuleFile {
  readonly name: string;
  readonly if: IfFile;
  /** Exactly one of these three is there. */
  readonly enabled?: boolean;
  readonly rollout?: number;
  readonly variant?: string;
}

export type FlagType = "release" | "experiment" | "operational" | "kill_switch" | "permission";

/**
 * How a flag is decided in one environment. What has its default value is left out, and so is what
 * a disabled flag does not use: two decisions that give every caller the same are equal.
 */
export interface Decision extends Definition {
  /** Its references at the same commit. Missing if there are none, and before `linkFlags()`. */
  readonly uses?: ResolvedReferences;
}

/** Facts about a decision's references that show whether a change of them changes the decision, and for whom. */
export interface ResolvedReferences {
  /** A fingerprint of the conditions of each audience of its rules, by name; `""` if there is none. */
  readonly audiences?: Readonly<Record<string, string>>;
  /** Its required flags, by name. */
  readonly required?: Readonly<Record<string, RequiredFlag>>;
}

export interface RequiredFlag {
  /** Whether it is on for everyone in the same environment. */
  readonly isFull: boolean;
  /** Of its decision there; `""` if there is none. */
  readonly fingerprint: string;
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
  /** Whether its rules must not be published. */
  readonly private: boolean;
  /** Shown to people, not sent to clients. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Boolean flags that must be on for the same caller. */
  readonly requires: readonly string[];
  /** The audiences that rules refer to in any environment, each once. */
  readonly audiences: readonly string[];
  /** By environment: one for each environment of the project, in its order. */
  readonly decisions: Readonly<Record<string, Decision>>;
  /** The schedules that have steps. No response contains them: only the current values are served. */
  readonly schedules: readonly Schedule[];
}

/** Shared by all flags without such values, which nearly all are. */
const none = {};
const noItems: readonly never[] = [];

/** What of a project decides the normal form of a flag. */
export type DecidingProject = Pick<Project, "environments" | "attributes">;

/** The written form of a flag in its normal form. */
export function normalize(name: string, file: FlagFile, project: DecidingProject): Flag {
  const { description = "", owner = "", type = "release", expires = "", metadata = none } = file;
  const root = rootEnvironment(project);
  const decisions: Record<string, Decision> = {};
  for (const environment of project.environments) {
    const block = environment === root ? undefined : file.environments?.[environment];
    decisions[environment] = normalizeDecision(file, block ?? file, project);
  }
  const isPrivate = file.private ?? false;
  const schedules = normalizeSchedules(file, project);
  const facts = { name, description, owner, type, expires, private: isPrivate, metadata };
  const requires = file.requires ?? noItems;
  return { ...facts, requires, audiences: audiencesOf(file), decisions, schedules };
}

function normalizeSchedules(
  file: FlagFile,
  { environments }: DecidingProject,
): readonly Schedule[] {
  const root = environments[0] ?? "";
  const written: Readonly<Record<string, DecisionFile>> = file.environments ?? none;
  const blocks = environments.flatMap((block): Schedule[] => {
    const { schedule = [] } = (block === root ? file : written[block]) ?? {};
    if (schedule.length === 0) return [];
    const followsRoot = (one: string) => one === root || !Object.hasOwn(written, one);
    const decided = block === root ? environments.filter(followsRoot) : [block];
    return [{ block, environments: decided, steps: schedule.map(toStep) }];
  });
  return blocks.length === 0 ? noItems : blocks;
}

/** The audiences that the rules of a flag refer to in any environment, each once. */
export function audiencesOf(file: FlagFile): readonly string[] {
  const blocks: DecisionFile[] = [file, ...Object.values(file.environments ?? {})];
  if (blocks.every(({ rules }) => rules === undefined)) return noItems;
  const conditions = blocks.flatMap(({ rules = [] }) => rules.map((rule) => rule.if.audience));
  return [...new Set(conditions.filter((name) => typeof name === "string"))];
}

/** The decisions of flags that are on or off for everyone, which nearly all are: one object for all of them. */
export const plain = { on: { enabled: true }, off: { enabled: false } } as const;

function normalizeDecision(
  file: FlagFile,
  { enabled, rollout, rules }: DecisionFile,
  project: DecidingProject,
): Decision {
  const { bucket, seed, variants, split, requires } = file;
  const isPlain = rollout === undefined && rules === undefined && requires === undefined;
  const values = variants && Object.entries(variants);
  if (!enabled) return values ? { enabled, variants: values } : plain.off;
  if (!values && isPlain) return plain.on;
  return {
    enabled,
    ...(rollout !== undefined && rollout !== 100 && { rollout }),
    ...(bucket !== undefined && { bucket }),
    ...(seed !== undefined && { seed }),
    ...(rules && rules.length > 0 && { rules: rules.map((rule) => normalizeRule(rule, project)) }),
    ...(values && { variants: values }),
    ...(values && split && { split: values.map(([name]) => split[name] ?? 0) }),
    ...(requires && requires.length > 0 && { requires }),
  };
}

function normalizeRule(rule: RuleFile, { attributes }: DecidingProject) {
  const { name, variant } = rule;
  const conditions = toConditions(rule.if, attributes);
  if (variant !== undefined) return { name, if: conditions, variant };
  return { name, if: conditions, rollout: rule.rollout ?? (rule.enabled ? 100 : 0) };
}

/** The boolean that clients get in an environment: whether the flag is on for everyone there. */
export function isOn({ decisions }: Pick<Flag, "decisions">, environment: string): boolean {
  return isFull(decisions[environment]);
}

/**
 * Whether a linked decision gives the feature to every caller: it does by itself, and so does every
 * required flag. A rule with a variant counts as full.
 */
export function isFull(decision: Decision | undefined): boolean {
  if (!decision || !givesEveryone(decision)) return false;
  const { requires = [], uses } = decision;
  return requires.every((name) => uses?.required?.[name]?.isFull === true);
}
