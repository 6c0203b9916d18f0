import type { OperationId } from "../api/operations.ts";
import { type Answer, invalid, problem } from "../fault.ts";
import type { Deployment, DeploymentStatus } from "../state.ts";
import { resolve } from "./bare.ts";
import { page } from "./paging.ts";
import { type Ask, type Handler, render, takeId, text, timeOf, user, type World } from "./world.ts";

export const deploymentHandlers: Partial<Record<OperationId, Handler>> = {
  "repos/create-deployment"({ body, account, world }) {
    const ref = text(body.ref);
    const sha = resolve(world.bare, ref);
    if (sha === undefined) return problem(422, `No ref found for: ${ref}`);
    const deployment: Deployment = {
      ...{ id: takeId(world.state), sha, ref, task: text(body.task) || "deploy" },
      environment: text(body.environment) || "production",
      description: typeof body.description === "string" ? body.description : null,
      payload: body.payload ?? {},
      author: account.login,
      created_at: timeOf(world),
      statuses: [],
    };
    world.state.deployments.set(deployment.id, deployment);
    return { status: 201, body: showDeployment(world, deployment) };
  },

  "repos/get-deployment": (ask) =>
    withDeployment(ask, (deployment) => ({
      status: 200,
      body: showDeployment(ask.world, deployment),
    })),

  "repos/list-deployments"({ query, world }) {
    const found = [...world.state.deployments.values()].filter((deployment) =>
      (["sha", "ref", "task", "environment"] as const).every((field) => {
        const wanted = query.get(field);
        return wanted === null || wanted === "none" || wanted === deployment[field];
      }),
    );
    const items = found.reverse().map((deployment) => showDeployment(world, deployment));
    return page(world, `/repos/${world.owner}/${world.repo}/deployments`, query, items);
  },

  "repos/create-deployment-status": (ask) =>
    withDeployment(ask, (deployment) => {
      const { body, account, world } = ask;
      const description = text(body.description);
      if (description.length > 140) {
        const message = "description is too long (maximum is 140 characters)";
        return invalid("DeploymentStatus", "description", message);
      }
      const status: DeploymentStatus = {
        ...{ id: takeId(world.state), state: text(body.state), description },
        environment_url: text(body.environment_url),
        log_url: text(body.log_url),
        author: account.login,
        created_at: timeOf(world),
      };
      deployment.statuses.push(status);
      if (status.state === "success" && body.auto_inactive !== false) retire(world, deployment);
      return { status: 201, body: showStatus(world, deployment, status) };
    }),

  "repos/list-deployment-statuses": (ask) =>
    withDeployment(ask, (deployment) => {
      const { world, query } = ask;
      const path = `/repos/${world.owner}/${world.repo}/deployments/${deployment.id}/statuses`;
      const items = deployment.statuses.map((status) => showStatus(world, deployment, status));
      return page(world, path, query, items.reverse());
    }),
};

/** Marks earlier deployments of the same environment as inactive. */
function retire(world: World, { id, environment }: Deployment): void {
  for (const earlier of world.state.deployments.values()) {
    if (earlier.id >= id || earlier.environment !== environment) continue;
    const last = earlier.statuses.at(-1);
    if (last?.state !== "success") continue;
    earlier.statuses.push({ ...last, id: takeId(world.state), state: "inactive" });
  }
}

function withDeployment(ask: Ask, work: (deployment: Deployment) => Answer): Answer {
  const deployment = ask.world.state.deployments.get(Number(ask.params.deployment_id));
  return deployment ? work(deployment) : problem(404, "Not Found");
}

function showDeployment(world: World, deployment: Deployment): unknown {
  const { id, sha, ref, task, environment, description, payload, created_at } = deployment;
  const url = `${world.api}/repos/${world.owner}/${world.repo}/deployments/${id}`;
  return render("deployment", {
    ...{ id, sha, ref, task, environment, description, payload, url, created_at },
    ...{ statuses_url: `${url}/statuses`, creator: user(deployment.author) },
    ...{ updated_at: created_at, original_environment: environment },
  });
}

function showStatus(
  world: World,
  { id, environment }: Deployment,
  status: DeploymentStatus,
): unknown {
  const { state, description, environment_url, log_url, created_at } = status;
  const url = `${world.api}/repos/${world.owner}/${world.repo}/deployments/${id}`;
  return render("deployment-status", {
    ...{ id: status.id, state, description, environment, created_at, deployment_url: url },
    ...(environment_url ? { environment_url } : {}),
    ...(log_url ? { log_url } : {}),
    creator: user(status.author),
  });
}
