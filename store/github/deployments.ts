import { shortId } from "../../schema/text/show.ts";
import type { GitHub } from "./github.ts";
import { once } from "./once.ts";

export interface Deployment {
  readonly id: number;
  readonly commit: string;
  readonly environment: string;
  /** When it was started, by GitHub's clock: ISO 8601. */
  readonly started: string;
  /** The URL of what is deployed; `""` if unknown. */
  readonly url: string;
}

export interface Progress {
  readonly state: "in_progress" | "success" | "failure" | "inactive";
  /** At most 140 characters. */
  readonly description: string;
  readonly url: string;
  /** The URL of the workflow run. */
  readonly log: string;
}

/** GitHub's limit, in characters. */
const maxDescription = 140;

/** The unfinished deployment of a commit: an existing one, or a new one. */
export async function startDeployment(
  github: GitHub,
  wanted: Pick<Deployment, "commit" | "environment" | "url"> & Pick<Progress, "log">,
): Promise<Deployment> {
  const { commit, environment, url, log } = wanted;
  const find = async () => (await findUnfinished(github, commit, environment))[0];
  const { item, isNew } = await once(find, () => create(github, wanted));
  if (!isNew) return item;
  const oldest = (await find()) ?? item;
  // Another run started one at the same time: one of them continues.
  if (oldest.id < item.id) {
    const description = `continues as deployment ${oldest.id}`;
    await setDeploymentStatus(github, item.id, { state: "inactive", description, url, log });
    return oldest;
  }
  await setDeploymentStatus(github, item.id, {
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

/** Sets the status of a deployment, unless its last status is the same. */
export async function setDeploymentStatus(
  github: GitHub,
  id: number,
  progress: Progress,
): Promise<void> {
  const { state, url, log } = progress;
  const description = progress.description.slice(0, maxDescription);
  await once(
    async () => {
      const last = await lastStatus(github, id);
      return last?.state === state && last.description === description ? last : undefined;
    },
    () =>
      github.do(`set the status of deployment ${id}`, (rest, here) =>
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
  const made = await github.do(`start a deployment of ${shortId(commit)}`, async (rest, here) => {
    const { data } = await rest.repos.createDeployment({
      ...{ ...here, ref: commit, environment, description: "flags", payload: { url } },
      // GitHub must not merge anything into the branch; its checks have run.
      ...{ auto_merge: false, required_contexts: [] },
    });
    return { data: "id" in data ? deploymentOf(data) : data.message };
  });
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
  const deployments = github.list(
    `read the deployments of ${shortId(commit)}`,
    ({ paginate, rest }, where) =>
      paginate.iterator(rest.repos.listDeployments, { ...where, sha: commit, environment }),
  );
  for await (const deployment of deployments) {
    const state = (await lastStatus(github, deployment.id))?.state ?? "queued";
    if (["queued", "pending", "in_progress"].includes(state)) found.push(deploymentOf(deployment));
  }
  return found.sort((a, b) => a.id - b.id);
}

/** GitHub lists the newest first. */
async function lastStatus(github: GitHub, id: number) {
  const [last] = await github.do(`read the status of deployment ${id}`, (rest, here) =>
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
