/** A model of the flags in memory: the effect of each request, and its status. */
import { defaultProject } from "../../../schema/project/project.ts";

const { environments } = defaultProject;

export interface ModelFlag {
  readonly folder: string;
  readonly description: string;
  readonly enabled: boolean;
  /** By environment: values that differ from `enabled`. */
  readonly overrides: Readonly<Record<string, boolean>>;
}

export type State = ReadonlyMap<string, ModelFlag>;

export type RequestedWrite =
  | { method: "POST"; name: string; enabled: boolean; description: string }
  | { method: "PUT"; name: string; environment: string; enabled?: boolean; description?: string }
  | { method: "DELETE"; name: string };

/** The status of a request, and the state after it; the same object if nothing changes. */
export interface Outcome {
  readonly status: number;
  readonly state: State;
}

export function outcomeOf(state: State, requested: RequestedWrite): Outcome {
  const { name } = requested;
  const flag = state.get(name);
  if (requested.method === "POST") {
    if (flag) return { status: 409, state };
    const { enabled, description } = requested;
    const made = { folder: "unowned", description, enabled, overrides: {} };
    return { status: 201, state: withFlag(state, name, made) };
  }
  if (!flag) return { status: 404, state };
  if (requested.method === "DELETE")
    return { status: 204, state: withFlag(state, name, undefined) };
  const { environment } = requested;
  const { enabled, description = flag.description } = requested;
  const isRoot = environment === "application";
  // An environment that is written keeps that value, even if it is the same today.
  const isWritten = isRoot ? flag.enabled : flag.overrides[environment];
  const isSet = enabled !== undefined && enabled !== isWritten;
  if (!isSet && description === flag.description) return { status: 200, state };
  const set = !isSet
    ? {}
    : isRoot
      ? { enabled }
      : { overrides: { ...flag.overrides, [environment]: enabled } };
  return { status: 200, state: withFlag(state, name, { ...flag, description, ...set }) };
}

/** The state with another flag of that name, or with none. */
export function withFlag(state: State, name: string, flag: ModelFlag | undefined): State {
  const next = new Map(state);
  if (flag) next.set(name, flag);
  else next.delete(name);
  return next;
}

export function stateIn({ enabled, overrides }: ModelFlag, environment: string): boolean {
  return overrides[environment] ?? enabled;
}

/** The `flags` of the list in an environment. */
export function listOf(state: State, environment: string): Record<string, boolean> {
  const names = [...state.keys()].sort();
  return Object.fromEntries(
    names.map((name) => [name, stateIn(state.get(name) as ModelFlag, environment)]),
  );
}

export function fileOf(name: string, { folder }: ModelFlag): string {
  return `flags/${folder}/${name}.yaml`;
}

/** A flag file as a person writes it. */
export function textOf({ description, enabled, overrides }: ModelFlag): string {
  const states = Object.entries(overrides).map(
    ([environment, state]) => `  ${environment}:\n    enabled: ${state}\n`,
  );
  const below = states.length > 0 ? `environments: # by hand\n${states.join("")}` : "";
  return `# By hand\ndescription: ${JSON.stringify(description)}\nenabled: ${enabled}\n${below}`;
}

/** Every flag, as a snapshot shows it. */
export function flagsOf(state: State) {
  return [...state]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, flag]) => ({
      name,
      file: fileOf(name, flag),
      description: flag.description,
      decisions: Object.fromEntries(
        environments.map((one) => [one, { enabled: stateIn(flag, one) }]),
      ),
    }));
}
