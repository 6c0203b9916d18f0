/** The effects of a change on the responses, computed before the change is made. */
import { compile } from "../compile/compile.ts";
import type { Snapshot, TimedFlag } from "../flag/snapshot.ts";
import type { Limits, Project } from "../project/project.ts";
import { type AudiencePlan, planAudiences } from "./audiences.ts";
import type { CommitWarning } from "./commit-warnings.ts";
import { type ChangeKind, changeKindOf, diffFlags, pairUp, sides } from "./difference.ts";
import { type MeasuredFlag, measureFlags } from "./measure-flags.ts";
import { measurePeople } from "./people.ts";
import { planSettings, type SettingPlan } from "./settings.ts";

export interface Plan {
  /** Full ids of the commits compared. */
  readonly base: string;
  readonly head: string;
  /** How many flags there are at the base. */
  readonly served: number;
  /** Environments of the head, then those that only the base has. */
  readonly environments: readonly string[];
  /** The head's environments in the order in which a change passes through them. */
  readonly order: readonly string[];
  /** The head's limits for one publication. */
  readonly limits: Limits;
  /** The flags that change for consumers, sorted by name. */
  readonly flags: readonly FlagPlan[];
  /** The audiences that change, sorted by name. */
  readonly audiences: readonly AudiencePlan[];
  /** The responses that change, sorted by path. */
  readonly responses: readonly ResponsePlan[];
  /** The environments whose protection changes, in the order of `environments`. */
  readonly protection: readonly ProtectionPlan[];
  /** The other settings of `bunting.yaml` that differ. */
  readonly settings: readonly SettingPlan[];
  /** Warnings about the commits from the base to the head, newest first. */
  readonly commitWarnings: readonly CommitWarning[];
}

/** An environment whose protection is added or removed. */
export interface ProtectionPlan {
  readonly environment: string;
  readonly change: "protected" | "unprotected";
}

/** A flag that changes, with the facts of its file after the change, or before it if it is removed. */
export interface FlagPlan
  extends Pick<TimedFlag, "name" | "file" | "owner" | "type" | "expires">,
    Pick<MeasuredFlag, "change" | "renamedFrom" | "decisions" | "schedules" | "fields"> {}

export interface ResponsePlan {
  readonly path: string;
  readonly change: ChangeKind;
  /** The bodies. */
  readonly before?: string;
  readonly after?: string;
}

/** Number of invented ids over which the effect of a change on people is simulated. */
const defaultIds = 100_000;

/** The number of ids over which effects on people are simulated, and what is wrong with commits. */
interface PlanOptions extends Pick<Plan, "commitWarnings"> {
  readonly ids: number;
}

export function plan(
  base: Snapshot,
  head: Snapshot,
  { ids = defaultIds, commitWarnings = [] }: Partial<PlanOptions> = {},
): Plan {
  const measure = measurePeople(base, head, ids);
  const environments = [...new Set([...head.project.environments, ...base.project.environments])];
  const bodies = pairUp(compile(base).responses, compile(head).responses, ({ path }) => path);
  return {
    base: base.commit,
    head: head.commit,
    served: base.flags.length,
    environments,
    order: head.project.order,
    limits: head.project.limits,
    flags: measureFlags(diffFlags(base.flags, head.flags, environments), measure).map(planFlag),
    audiences: planAudiences(base, head),
    responses: bodies.flatMap(([path, before, after]) =>
      before?.body === after?.body
        ? []
        : [{ path, change: changeKindOf(before, after), ...sides(before?.body, after?.body) }],
    ),
    protection: planProtection(environments, base.project, head.project),
    settings: planSettings(base.project, head.project),
    commitWarnings,
  };
}

/**
 * `head` as it will be after the merge into `base`: a flag that it did not change has the times of
 * `base`, even if the head's branch received the flag later, by a merge from the base.
 */
export function rebaseSnapshot(base: Snapshot, head: Snapshot): Snapshot {
  const known = new Map(base.flags.map((flag) => [flag.name, flag]));
  const flags = head.flags.map((flag) => {
    const { object, created_at, updated_at } = known.get(flag.name) ?? flag;
    return {
      ...flag,
      created_at,
      updated_at: object === flag.object ? updated_at : flag.updated_at,
    };
  });
  const isTouched = flags.some(({ name, file, object }) => {
    const before = known.get(name);
    return file !== before?.file || object !== before.object;
  });
  const isSame = !isTouched && flags.length === known.size;
  const { updated_at } = isSame && base.project.object === head.project.object ? base : head;
  return { ...head, updated_at, flags };
}

function planProtection(
  environments: readonly string[],
  before: Project,
  after: Project,
): ProtectionPlan[] {
  return environments.flatMap((environment): ProtectionPlan[] => {
    const [was, is] = [before, after].map((project) => project.protected.includes(environment));
    return was === is ? [] : [{ environment, change: is ? "protected" : "unprotected" }];
  });
}

function planFlag(measured: MeasuredFlag): FlagPlan {
  const { name, change, before, after, decisions, schedules, fields, renamedFrom } = measured;
  // A difference has one of the two.
  const { file, owner, type, expires } = (after ?? before) as TimedFlag;
  return {
    ...{ name, file, owner, type, expires, change },
    ...(renamedFrom !== undefined && { renamedFrom }),
    ...{ decisions, schedules, fields },
  };
}
