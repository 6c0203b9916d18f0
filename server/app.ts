/** The routes of the API: which handlers a request passes, in which order. */
import express, { type Express, type Request } from "express";
import { outputs, privateCacheControl } from "../schema/compile/outputs.ts";
import { definitionOutputs } from "../schema/compile/urls.ts";
import { authenticate } from "./auth/authenticate.ts";
import { permissionChecks } from "./auth/permissions.ts";
import { limitExpensiveReads, limitWrites } from "./auth/rate-limits.ts";
import { errorHandler } from "./errors/error-handler.ts";
import { readBody, readDefinitionBody } from "./http/body.ts";
import { ConcurrencyLimit } from "./http/concurrency-limit.ts";
import { type Handler, principalOf } from "./http/handler.ts";
import { allowOrigins, setSecurityHeaders } from "./http/headers.ts";
import { HttpError, sendProblem } from "./http/problem.ts";
import { refuseBadEscapes } from "./http/request-target.ts";
import { route, skipUnknownEnvironment } from "./http/route.ts";
import { healthHandler, readyHandler } from "./observe/health.ts";
import type { ServerMetrics } from "./observe/metrics.ts";
import { observe } from "./observe/observe.ts";
import { description } from "./openapi/description.ts";
import type { ServerParts } from "./parts.ts";
import { streamHandler } from "./routes/events/stream-handler.ts";
import { allHistoryHandler } from "./routes/history/all-history.ts";
import { historyHandler, historyLimits } from "./routes/history/history.ts";
import { definitionHandlers } from "./routes/management/definition.ts";
import { overviewHandler } from "./routes/management/overview.ts";
import { isEvaluationPath, sendEvaluationError } from "./routes/ofrep/errors.ts";
import { acceptTickets } from "./routes/ofrep/event-streams.ts";
import { addOfrepRoutes } from "./routes/ofrep/routes.ts";
import { privateDefinitionsHandler, privateDefinitionsPath } from "./routes/private-definitions.ts";
import { readHandler } from "./routes/reads/reads.ts";
import { usageHandler } from "./routes/usage/usage-answer.ts";
import {
  isAnonymousReport,
  limitReports,
  reportHandler,
  usagePath,
} from "./routes/usage/usage-report.ts";
import { webhookHandlers } from "./routes/webhook.ts";
import { changeHandler } from "./routes/writes/proposals.ts";
import { checkReasons } from "./routes/writes/write-headers.ts";
import { writeHandlers } from "./routes/writes/writes.ts";

export function createApp(parts: ServerParts): Express {
  const { settings, backends, authenticator, metrics, log } = parts;
  const { store } = backends;
  const app = express();
  app.disable("x-powered-by");
  // Entity tags are the release's, never Express's own.
  app.disable("etag");
  app.enable("strict routing");
  app.enable("case sensitive routing");
  app.set("trust proxy", settings.trustedProxies);

  app.use(observe(metrics, log), setSecurityHeaders, refuseBadEscapes);
  route(app, "/healthz", { get: [healthHandler] });
  route(app, "/webhooks/github", {
    post: webhookHandlers(settings.webhookSecret, () => store.sync()),
  });
  const isReport =
    settings.usage === "anonymous" ? isAnonymousReport(settings.origins) : () => false;
  const isPublic = (request: Request) => request.path === "/readyz" || isReport(request);
  app.use(allowOrigins(settings.origins), acceptTickets(parts.streamKeys));
  app.use(authenticate(authenticator, isPublic, log));
  route(app, "/readyz", { get: [readyHandler(parts)] });
  // All routes share it, because it counts the writes of a token.
  const writeLimit = limitWrites(settings.writesPerMinute);
  const historyLimit = new ConcurrencyLimit(historyLimits);
  addFlagRoutes(app, parts, writeLimit, historyLimit);
  addManagementRoutes(app, parts, writeLimit, historyLimit);
  addOtherRoutes(app, parts);
  app.use((request) => {
    throw new HttpError(
      404,
      `Cannot find "${request.path}": nothing is served there; GET /openapi.json lists the paths`,
    );
  });
  app.use(
    errorHandler(store, (request, response, error, hint) =>
      isEvaluationPath(request.path)
        ? sendEvaluationError(request, response, error)
        : sendProblem(request, response, error, hint),
    ),
  );
  return app;
}

function addFlagRoutes(
  app: Express,
  parts: ServerParts,
  writeLimit: Handler,
  historyLimit: ConcurrencyLimit,
): void {
  const { backends, responses, streams, authenticator } = parts;
  const project = () => backends.store.project;
  const { permit } = permissionChecks(authenticator, project);
  const mayRead = permit("read");
  const read = readHandler(responses);
  const history = [limitExpensiveReads(), historyHandler(backends.store, historyLimit)];
  const stream = streamHandler(streams);
  const list: Handler = (request, response, next) =>
    request.method === "GET" && wantsStream(request) ? stream(request, response, next) : next();
  const write = writeHandlers(backends);
  app.param("environment", skipUnknownEnvironment(project));
  for (const folder of ["", "/:environment"]) {
    const isRoot = folder === "";
    const base = `${folder}${outputs.list.path}`;
    route(app, base, {
      get: [mayRead, list, read],
      ...(isRoot && { post: [permit("create"), writeLimit, checkReasons, readBody, write.create] }),
    });
    route(app, `${base}:name`, {
      get: [mayRead, read],
      put: [permit("update"), writeLimit, checkReasons, readBody, write.update],
      ...(isRoot && { delete: [permit("delete"), writeLimit, checkReasons, write.remove] }),
    });
    route(app, `${base}:name/history`, { get: [mayRead, ...history] });
    for (const { path } of definitionOutputs) {
      route(app, `${folder}${path}`, { get: [mayRead, read] });
    }
    route(app, `${folder}${privateDefinitionsPath}`, {
      get: [permit("read private"), privateDefinitionsHandler(parts.evaluations)],
    });
    addOfrepRoutes(app, folder, [mayRead], parts);
  }
}

/** These show several environments, so they are at the root only. */
function addManagementRoutes(
  app: Express,
  { backends, authenticator }: ServerParts,
  writeLimit: Handler,
  historyLimit: ConcurrencyLimit,
): void {
  const { permitSomewhere } = permissionChecks(authenticator, () => backends.store.project);
  const mayRead = permitSomewhere("read");
  const definition = definitionHandlers(backends);
  route(app, `${outputs.list.path}:name/definition`, {
    get: [mayRead, definition.read],
    put: [
      permitSomewhere("update"),
      writeLimit,
      checkReasons,
      readDefinitionBody,
      definition.write,
    ],
  });
  const overview = overviewHandler(backends, historyLimit);
  route(app, "/v1/overview", { get: [mayRead, limitExpensiveReads(), overview] });
  const history = allHistoryHandler(backends.store, historyLimit);
  route(app, "/v1/history", { get: [mayRead, limitExpensiveReads(), history] });
}

/** These belong to no environment: every token may read them. */
function addOtherRoutes(app: Express, parts: ServerParts): void {
  const { backends, responses, usage, metrics } = parts;
  const { store, pulls } = backends;
  route(app, usagePath, {
    get: [usageHandler(usage, store)],
    post: [limitReports(), readBody, reportHandler(() => store.project, usage, metrics.usage)],
  });
  route(app, "/v1/changes/:id", {
    get: [limitExpensiveReads(), changeHandler(pulls, () => store.sync())],
  });
  route(app, "/errors/:name", { get: [readHandler(responses)] });
  route(app, "/metrics", { get: [metricsHandler(metrics)] });
  route(app, "/openapi.json", { get: [describeHandler] });
}

/** Whether the client prefers an event stream. */
function wantsStream(request: Request): boolean {
  return request.accepts(["application/json", "text/event-stream"]) === "text/event-stream";
}

const describeHandler: Handler = (_request, response) => {
  response.set("Cache-Control", privateCacheControl).json(description);
};

function metricsHandler(metrics: ServerMetrics): Handler {
  return async (_request, response) => {
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("Content-Type", metrics.registry.contentType);
    response.end(await metrics.textFor(principalOf(response).environments));
  };
}
