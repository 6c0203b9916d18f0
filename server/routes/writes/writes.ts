import type { Change } from "../../../schema/change/change.ts";
import type { ReadOnlyValues } from "../../../schema/change/read-only-values.ts";
import { compileFlagResponse } from "../../../schema/compile/flag-parts.ts";
import { privateCacheControl } from "../../../schema/compile/outputs.ts";
import { etag } from "../../../schema/compile/release.ts";
import { contentTypeOf, pathOf } from "../../../schema/compile/urls.ts";
import { rootEnvironment } from "../../../schema/project/project.ts";
import type { FlagStore } from "../../../store/writes/flag-store.ts";
import { requirePermission } from "../../auth/permissions.ts";
import { jsonOf } from "../../http/body.ts";
import { nameIn } from "../../http/flag-name.ts";
import { type ApiResponse, type Handler, principalOf } from "../../http/handler.ts";
import type { Committed } from "../../http/write-outcome.ts";
import { bodyReader } from "../../openapi/description.ts";
import { environmentOf } from "../../openapi/path-template.ts";
import { isCreateFlag, isUpdateEnvironmentFlag, isUpdateFlag } from "../../openapi/validators.ts";
import { flagAfter, submit } from "./submit.ts";
import type { WriteBackends } from "./write-backends.ts";

type Create = Extract<Change, { kind: "create" }>;
type CreateBody = Pick<Create, "name"> & Partial<Omit<Create, "kind">>;
type UpdateBody = ReadOnlyValues & { readonly enabled?: boolean; readonly rollout?: number };

const readCreate = bodyReader<CreateBody>(isCreateFlag);
const readUpdate = bodyReader<UpdateBody>(isUpdateFlag);
const readEnvironmentUpdate = bodyReader<UpdateBody>(isUpdateEnvironmentFlag);

/** The handlers that change a flag. Each answers when the change is on the remote, or is proposed for a review. */
export function writeHandlers(
  backends: WriteBackends,
): Record<"create" | "update" | "remove", Handler> {
  return {
    async create(request, response) {
      const { name, enabled = false, description = "", ...more } = readCreate(jsonOf(request));
      const { project } = backends.store;
      const root = rootEnvironment(project);
      requirePermission(principalOf(response), "create", root, name);
      const change = { kind: "create", name, enabled, description, ...more } as const;
      const result = await submit(backends, request, response, change);
      if (!result) return;
      response.setHeader("Location", pathOf(project, root, name));
      await writeResponse(backends.store, response, 201, root, name, result);
    },

    async update(request, response) {
      const { project } = backends.store;
      const environment = environmentOf(project, request.path);
      const isRoot = environment === rootEnvironment(project);
      const name = nameIn(request);
      const read = isRoot ? readUpdate : readEnvironmentUpdate;
      const body = read(jsonOf(request));
      const { enabled, rollout } = body;
      const description = isRoot ? body.description : undefined;
      const change = { kind: "update", name, environment, enabled, rollout, description } as const;
      const result = await submit(backends, request, response, change, { readOnlyValues: body });
      if (!result) return;
      await writeResponse(backends.store, response, 200, environment, name, result);
    },

    async remove(request, response) {
      const name = nameIn(request);
      const result = await submit(backends, request, response, { kind: "delete", name });
      if (result) response.status(204).end();
    },
  };
}

/** Answers a write with the flag of its commit. */
async function writeResponse(
  store: FlagStore,
  response: ApiResponse,
  status: number,
  environment: string,
  name: string,
  result: Committed,
): Promise<void> {
  const flag = await flagAfter(store, name, result);
  const compiled = compileFlagResponse(store.project, environment, flag);
  response.setHeader("Cache-Control", privateCacheControl);
  response.setHeader("ETag", etag(compiled));
  response.setHeader("Content-Type", contentTypeOf(compiled.path));
  response.status(status).end(compiled.body);
}
