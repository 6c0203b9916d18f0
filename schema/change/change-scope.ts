/**
 * Where a change of a whole flag takes effect, now or later. The written values are compared, not the
 * decisions: a rollout under `enabled: false` has no effect before the flag is enabled.
 */
import { isSameJson } from "../text/json.ts";
import type { Values } from "./define-flag.ts";

/** The keys that a block of an environment replaces, beside `enabled`. All other keys are the same everywhere. */
const laterKeys = ["rollout", "rules", "schedule"];
const blockKeys = ["enabled", ...laterKeys];

export interface ChangeScope {
  /** The environments that are decided by other values. */
  readonly environments: readonly string[];
  /** The keys that differ and belong to no environment. */
  readonly flagKeys: readonly string[];
  /** Whether the only difference is that the flag is disabled, somewhere or everywhere. */
  readonly onlyDisables: boolean;
}

/** `before` is missing for a new flag, `environments` are the project's, the root first. */
export function findChangeScope(
  before: Values | undefined,
  after: Values,
  environments: readonly string[],
): ChangeScope {
  const blocks = environments.map((environment, index) => {
    const [was, is] = [before, after].map((values) => blockOf(values, environment, index === 0));
    return { environment, was, is };
  });
  const changed = blocks.filter(({ was, is }) => !isSameJson(was, is));
  const keys = new Set([...Object.keys(before ?? {}), ...Object.keys(after)]);
  const flagKeys = [...keys]
    .filter((key) => key !== "environments" && !blockKeys.includes(key))
    .filter((key) => !isSameJson(before?.[key], after[key]));
  // A disabled flag can have no schedule: disabling deletes it.
  const off = { enabled: false, schedule: undefined };
  const onlyDisables =
    flagKeys.length === 0 &&
    changed.every(
      ({ was, is }) => is?.enabled === false && isSameJson({ ...was, ...off }, { ...is, ...off }),
    );
  return { environments: changed.map(({ environment }) => environment), flagKeys, onlyDisables };
}

/** The values that decide in an environment, and whether they are its own: others change with the root's. */
function blockOf(values: Values | undefined, environment: string, isRoot: boolean) {
  if (!values) return undefined;
  const blocks = (values.environments ?? {}) as Readonly<Record<string, Values>>;
  const isOwn = !isRoot && Object.hasOwn(blocks, environment);
  const block = isOwn ? blocks[environment] : values;
  const { enabled, ...others } = block ?? {};
  return { isOwn, enabled, ...Object.fromEntries(laterKeys.map((key) => [key, others[key]])) };
}

/**
 * The environments that a change needs and that are not `allowed`; all are allowed if that is missing.
 * What belongs to no environment, comments included, needs every environment.
 */
export function findDisallowedEnvironments(
  { environments, flagKeys }: ChangeScope,
  allowed: readonly string[] | undefined,
  all: readonly string[],
): readonly string[] {
  const needed = flagKeys.length > 0 || environments.length === 0 ? all : environments;
  return allowed ? needed.filter((environment) => !allowed.includes(environment)) : [];
}
