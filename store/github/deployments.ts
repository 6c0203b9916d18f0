import type { GitHub } from "./github.ts";
import { once } from "./once.ts";

export interface Deployment {
  readonly id: number;
  readonly commit: string;
  readonly environment: string;
  /** When it was started, as GitHub's clock has it: ISO 8601. */
  readonly started: string;
  /** Where what is deployed can be seen; `""` where nobody said. */
  readonly url: string;
}

export interface Progress {
  readonly state: "in_progress" | "success" | "failure" | "inactive";
  /** At most 140 characters. */
  readonly description: string;
  readonly url: string;
  /** Where to read on: the workflow run. */
  readonly log: string;
}

/** GitHub's limit. */
const longest = 140;

/** The deployment of a commit that is under way: one that was begun already, or a new one. */
export async function startDeployment(
  github: GitHub,
  wanted: Pick<Deployment, "commit" | "environment" | "url"> & Pick<Progress, "log">,
): Promise<Deployment> {
  const { commit, environment, url, log } = wanted;
  const find = async () => (await findUnfinished(github, commit, environment))[0];
  const { item, isNew } = await once(find, () => create(github, wanted));
  if (!isNew) return item;
  const oldest = (await find()) ?? item;
  // Somebody else began at the same time: one goes on.
  if (oldest.id < item.id) {
    const description = `goes on as deployment ${oldest.id}`;
    await tellProgress(github, item.id, { state: "inactive", description, url, log });
    return oldest;
  }
  await tellProgress(github, item.id, {
    state: "in_progress",
    description: "publishing",
    url,
    log,
  });
  return item;
}

export async function readDeployment(github: GitHub, id: number): Promise<Deployment> {
  const deployment = await github.do(`read deployment ${id}`, (rest, here) =>
    rest.repos.getDeployment({ ...here, deployment_id: id }),
  );
  return deploymentOf(deployment);
}

/** Says how it stands with a deployment, unless that was the last word already. */
export async function tellProgress(github: GitHub, id: number, progress: Progress): Promise<void> {
  const { state, url, log } = progress;
  const description = progress.description.slice(0, longest);
  await once(
    async () => {
      const last = await lastStatus(github, id);
      return last?.state === state && last.description === description ? last : undefined;
    },
    () =>
      github.do(`say how deployment ${id} goes`, (rest, here) =>
        rest.repos.createDeploymentStatus({
          ...{ ...here, deployment_id: id, state, description },
          ...(url === "" ? {} : { environment_url: url }),
          ...(log === "" ? {} : { log_url: log }),
        }),
      ),
  );
}

async function create(
  github: GitHub,
  { commit, environment, url }: Pick<Deployment, "commit" | "environment" | "url">,
): Promise<Deployment> {
  const made = await github.do(
    `start a deployment of ${commit.slice(0, 7)}`,
    async (rest, here) => {
      const { data } = await rest.repos.createDeployment({
        ...{ ...here, ref: commit, environment, description: "flags", payload: { url } },
        // The branch is what it is: nothing is merged, and its checks have run.
        ...{ auto_merge: false, required_contexts: [] },
      });
      return { data: "id" in data ? deploymentOf(data) : data.message };
    },
  );
  if (typeof made === "object") return made;
  throw new Error(`Cannot start a deployment in "${github.name}": found "${made}"`);
}

/** Oldest first. */
async function findUnfinished(
  github: GitHub,
  commit: string,
  environment: string,
): Promise<Deployment[]> {
  const found: Deployment[] = [];
  const deployments = github.list(`read the deployments of ${commit.slice(0, 7)}`, (rest, page) =>
    rest.repos.listDeployments({ ...page, sha: commit, environment }),
  );
  for await (const deployment of deployments) {
    const state = (await lastStatus(github, deployment.id))?.state ?? "queued";
    if (["queued", "pending", "in_progress"].includes(state)) found.push(deploymentOf(deployment));
  }
  return found.sort((a, b) => a.id - b.id);
}

/** GitHub lists the newest first. */
async function lastStatus(github: GitHub, id: number) {
  const [last] = await github.do(`read how deployment ${id} goes`, (rest, here) =>
    rest.repos.listDeploymentStatuses({ ...here, deployment_id: id, per_page: 1 }),
  );
  return last;
}

function deploymentOf(deployment: {
  readonly id: number;
  readonly sha: string;
  readonly environment: string;
  readonly created_at: string;
  readonly payload: unknown;
}): Deployment {
  const { id, sha: commit, environment, created_at: started } = deployment;
  const { url } = (deployment.payload ?? {}) as { url?: unknown };
  return { id, commit, environment, started, url: typeof url === "string" ? url : "" };
}
