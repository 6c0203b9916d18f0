import type { OperationId } from "../api/operations.ts";
import { type Answer, invalid, problem } from "../fault.ts";
import type { Deployment, DeploymentStatus } from "../state.ts";
import { resolve } from "./bare.ts";
import {
  type Handler,
  type HandlerInput,
  type Host,
  render,
  takeId,
  text,
  timeOf,
  user,
} from "./handler.ts";
import { page } from "./paging.ts";

export const deploymentHandlers: Partial<Record<OperationId, Handler>> = {
  "repos/create-deployment"({ body, account, host }) {
    const ref = text(body.ref);
    const sha = resolve(host.bare, ref);
    if (sha === undefined) return problem(422, `No ref found for: ${ref}`);
    const deployment: Deployment = {
      ...{ id: takeId(host.state), sha, ref, task: text(body.task) || "deploy" },
      environment: text(body.environment) || "production",
      description: typeof body.description === "string" ? body.description : null,
      payload: body.payload ?? {},
      author: account.login,
      created_at: timeOf(host),
      statuses: [],
    };
    host.state.deployments.set(deployment.id, deployment);
    return { status: 201, body: showDeployment(host, deployment) };
  },

  "repos/get-deployment": (input) =>
    withDeployment(input, (deployment) => ({
      status: 200,
      body: showDeployment(input.host, deployment),
    })),

  "repos/list-deployments"({ query, host }) {
    const found = [...host.state.deployments.values()].filter((deployment) =>
      (["sha", "ref", "task", "environment"] as const).every((field) => {
        const wanted = query.get(field);
        return wanted === null || wanted === "none" || wanted === deployment[field];
      }),
    );
    const items = found.reverse().map((deployment) => showDeployment(host, deployment));
    return page(host, `/repos/${host.owner}/${host.repo}/deployments`, query, items);
  },

  "repos/create-deployment-status": (input) =>
    withDeployment(input, (deployment) => {
      const { body, account, host } = input;
      const description = text(body.description);
      if (description.length > 140) {
        const message = "description is too long (maximum is 140 characters)";
        return invalid("DeploymentStatus", "description", message);
      }
      const status: DeploymentStatus = {
        ...{ id: takeId(host.state), state: text(body.state), description },
        environment_url: text(body.environment_url),
        log_url: text(body.log_url),
        author: account.login,
        created_at: timeOf(host),
      };
      deployment.statuses.push(status);
      if (status.state === "success" && body.auto_inactive !== false) retire(host, deployment);
      return { status: 201, body: showStatus(host, deployment, status) };
    }),

  "repos/list-deployment-statuses": (input) =>
    withDeployment(input, (deployment) => {
      const { host, query } = input;
      const path = `/repos/${host.owner}/${host.repo}/deployments/${deployment.id}/statuses`;
      const items = deployment.statuses.map((status) => showStatus(host, deployment, status));
      return page(host, path, query, items.reverse());
    }),
};

/** Marks earlier deployments of the same environment as inactive. */
function retire(host: Host, { id, environment }: Deployment): void {
  for (const earlier of host.state.deployments.values()) {
    if (earlier.id >= id || earlier.environment !== environment) continue;
    const last = earlier.statuses.at(-1);
    if (last?.state !== "success") continue;
    earlier.statuses.push({ ...last, id: takeId(host.state), state: "inactive" });
  }
}

function withDeployment(input: HandlerInput, work: (deployment: Deployment) => Answer): Answer {
  const deployment = input.host.state.deployments.get(Number(input.params.deployment_id));
  return deployment ? work(deployment) : problem(404, "Not Found");
}

function showDeployment(host: Host, deployment: Deployment): unknown {
  const { id, sha, ref, task, environment, description, payload, created_at } = deployment;
  const url = `${host.api}/repos/${host.owner}/${host.repo}/deployments/${id}`;
  return render("deployment", {
    ...{ id, sha, ref, task, environment, description, payload, url, created_at },
    ...{ statuses_url: `${url}/statuses`, creator: user(deployment.author) },
    ...{ updated_at: created_at, original_environment: environment },
  });
}

function showStatus(
  host: Host,
  { id, environment }: Deployment,
  status: DeploymentStatus,
): unknown {
  const { state, description, environment_url, log_url, created_at } = status;
  const url = `${host.api}/repos/${host.owner}/${host.repo}/deployments/${id}`;
  return render("deployment-status", {
    ...{ id: status.id, state, description, environment, created_at, deployment_url: url },
    ...(environment_url ? { environment_url } : {}),
    ...(log_url ? { log_url } : {}),
    creator: user(status.author),
  });
}
