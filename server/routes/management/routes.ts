/** The routes for managing flags. They show several environments, so they are at the root only. */
import type { Express } from "express";
import { permissionChecks } from "../../auth/permit.ts";
import { limitExpensiveReads } from "../../auth/rate-limits.ts";
import { readDefinitionBody } from "../../http/body.ts";
import type { ConcurrencyLimit } from "../../http/concurrency-limit.ts";
import type { Handler } from "../../http/handler.ts";
import { route } from "../../http/route.ts";
import type { ServerParts } from "../../parts.ts";
import { allHistoryHandler } from "../history/all-history.ts";
import { checkReasons } from "../writes/write-headers.ts";
import { definitionHandlers } from "./definition.ts";
import { overviewHandler } from "./overview.ts";

/** `limit` counts the writes of a token, `histories` the histories that are read at once. */
export function addManagementRoutes(
  app: Express,
  { backends, authenticator }: ServerParts,
  limit: Handler,
  histories: ConcurrencyLimit,
): void {
  const { permitSomewhere } = permissionChecks(authenticator, () => backends.store.project);
  const mayRead = permitSomewhere("read");
  const definition = definitionHandlers(backends);
  route(app, "/v1/feature-flags/:name/definition", {
    get: [mayRead, definition.read],
    put: [permitSomewhere("update"), limit, checkReasons, readDefinitionBody, definition.write],
  });
  route(app, "/v1/overview", {
    get: [mayRead, limitExpensiveReads(), overviewHandler(backends, histories)],
  });
  route(app, "/v1/history", {
    get: [mayRead, limitExpensiveReads(), allHistoryHandler(backends.store, histories)],
  });
}
