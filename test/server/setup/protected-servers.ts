/** Servers with a protected environment, whose remote is a repository of the fake GitHub. */
import { type FakeGitHub, startGitHub } from "../../github/fake.ts";
import { setState } from "../../github/handlers/issues.ts";
import type { Issue } from "../../github/state.ts";
import { type Options, type OwnApi, startService } from "./api.ts";
import { flags, Remote } from "./remote.ts";

export const list = "/v1/feature-flags/";
export const meal = `${list}meal_planning`;
export const file = "flags/nutrition/meal_planning.yaml";
export const policy = "flags/policy.yaml";

export interface ProtectedServers {
  readonly api: OwnApi;
  readonly github: FakeGitHub;
  readonly remote: Remote;
  /** Another server on the same remote. */
  again(given?: Options): Promise<OwnApi>;
}

export async function startProtected(...environments: string[]): Promise<ProtectedServers> {
  const named = environments.length === 0 ? ["application"] : environments;
  const remote = new Remote({ ...flags, [policy]: `protected: [${named.join(", ")}]\n` });
  const github = await startGitHub(remote.bare);
  const again = (given: Options = {}) =>
    startService({ remote, ...given, env: { ...github.env, ...given.env } });
  return { api: await again(), github, remote, again };
}

/** The pull requests, the oldest first. */
export function pullsOf({ state }: FakeGitHub): Issue[] {
  return [...state.issues.values()].filter(({ pull }) => pull);
}

export function issuesOf({ state }: FakeGitHub): Issue[] {
  return [...state.issues.values()].filter(({ pull }) => !pull);
}

/** Closes a pull request, as a person does. */
export function close({ host, state }: FakeGitHub, number: number): void {
  const issue = state.issues.get(number);
  if (!issue) throw new Error(`Cannot close #${number}`);
  setState(host, issue, "closed");
}
