/** The API: which request goes where, and through what. */
import express, {
  type Express,
  type Request,
  type RequestHandler,
  type RequestParamHandler,
} from "express";
import type { Logger } from "pino";
import type { Project } from "../schema/project/project.ts";
import { authenticate } from "./auth/authenticate.ts";
import type { Authenticator } from "./auth/authenticator.ts";
import { permit } from "./auth/permit.ts";
import type { Action } from "./auth/principal.ts";
import { limitWrites } from "./auth/write-limit.ts";
import { readBody } from "./http/body.ts";
import { description } from "./http/description.ts";
import { errorHandler } from "./http/error-handler.ts";
import { allowOrigins, secure } from "./http/headers.ts";
import { HttpError } from "./http/problem.ts";
import { refuseBadEscapes } from "./http/target.ts";
import { healthHandler, readyHandler } from "./observe/health.ts";
import type { Metrics } from "./observe/metrics.ts";
import { observe } from "./observe/observe.ts";
import type { BackgroundPublisher } from "./publisher.ts";
import { streamHandler } from "./routes/events/stream-handler.ts";
import type { Streams } from "./routes/events/streams.ts";
import { historyHandler } from "./routes/history/history.ts";
import { readHandler } from "./routes/reads/reads.ts";
import type { Responses } from "./routes/reads/responses.ts";
import type { Usage } from "./routes/usage/usage.ts";
import { usageHandler } from "./routes/usage/usage-answer.ts";
import {
  isAnonymousReport,
  limitReports,
  reportHandler,
  usagePath,
} from "./routes/usage/usage-report.ts";
import { webhookHandler } from "./routes/webhook.ts";
import { changeHandler } from "./routes/writes/changes.ts";
import type { WriteBackends } from "./routes/writes/write-backends.ts";
import { writeHandlers } from "./routes/writes/writes.ts";
import type { Settings } from "./settings.ts";

export interface Api {
  readonly settings: Pick<
    Settings,
    "origins" | "usage" | "writesPerMinute" | "trustedProxies" | "webhookSecret"
  >;
  readonly places: WriteBackends;
  readonly responses: Responses;
  readonly streams: Streams;
  readonly usage: Usage;
  readonly authenticator: Authenticator;
  readonly publisher: BackgroundPublisher | undefined;
  readonly metrics: Metrics;
  readonly log: Logger;
}

export function createApp(api: Api): Express {
  const { settings, places, responses, streams, usage, authenticator, publisher, metrics, log } =
    api;
  const { store, pulls } = places;
  const app = express();
  app.disable("x-powered-by");
  // Entity tags are the release's, never Express's own.
  app.disable("etag");
  app.enable("strict routing");
  app.enable("case sensitive routing");
  app.set("trust proxy", settings.trustedProxies);

  app.use(observe(metrics, log), secure, refuseBadEscapes);
  route(app, "/healthz", { get: [healthHandler] });
  route(app, "/readyz", { get: [readyHandler(store, publisher, places)] });
  route(app, "/webhooks/github", {
    post: [webhookHandler(settings.webhookSecret, () => store.sync())],
  });
  const project = () => store.project;
  const served = () => store.current?.snapshot.flags.map(({ name }) => name) ?? [];
  const isFree = settings.usage === "anonymous" ? isAnonymousReport(settings.origins) : () => false;
  app.use(allowOrigins(settings.origins), authenticate(authenticator, isFree));

  const allow = (action: Action) => permit(project, action);
  const read = [allow("read"), readHandler(responses)];
  const stream = streamHandler(streams);
  const list: RequestHandler = (request, response, next) =>
    request.method === "GET" && wantsStream(request) ? stream(request, response, next) : next();
  const write = writeHandlers(places);
  const limit = limitWrites(settings.writesPerMinute);
  const update = [allow("update"), limit, readBody, write.update];
  const base = "/v1/feature-flags/";
  app.param("environment", skipUnknown(project));
  for (const folder of ["", "/:environment"]) {
    const isRoot = folder === "";
    route(app, `${folder}${base}`, {
      get: [allow("read"), list, ...read],
      ...(isRoot ? { post: [allow("create"), limit, readBody, write.create] } : {}),
    });
    route(app, `${folder}${base}:name`, {
      get: read,
      put: update,
      ...(isRoot ? { delete: [allow("delete"), limit, write.remove] } : {}),
    });
    route(app, `${folder}${base}:name/history`, { get: [allow("read"), historyHandler(store)] });
  }
  route(app, usagePath, {
    get: [usageHandler(usage, served)],
    post: [limitReports(), readBody, reportHandler(project, usage, metrics.usage)],
  });
  // These are of no environment: whoever may read anything may read them.
  route(app, "/v1/changes/:id", { get: [changeHandler(pulls, () => store.sync())] });
  route(app, "/errors/:name", { get: [readHandler(responses)] });
  route(app, "/metrics", { get: [metricsHandler(metrics)] });
  route(app, "/openapi.json", { get: [describeHandler] });
  app.use((request) => {
    throw new HttpError(404, `Cannot find "${request.path}": nothing is served there`);
  });
  app.use(errorHandler(project, served));
  return app;
}

/** Goes on to the other routes if the current project serves no such environment below this path. */
function skipUnknown(project: () => Project): RequestParamHandler {
  return (request, _response, next, environment: string) => {
    const others = project().environments.slice(1);
    // The parameter is decoded, and an escape makes another URL.
    const isServed = others.includes(environment) && request.path.startsWith(`/${environment}/`);
    if (isServed) next();
    else next("route");
  };
}

/** Whether an event stream is what the client would rather have. */
function wantsStream(request: Request): boolean {
  return request.accepts(["application/json", "text/event-stream"]) === "text/event-stream";
}

type Method = "get" | "post" | "put" | "delete";

/** The handlers of a path, by method; other methods are refused with the list of these. */
function route(
  app: Express,
  path: string,
  handlers: Partial<Record<Method, RequestHandler[]>>,
): void {
  const methods = Object.entries(handlers) as [Method, RequestHandler[]][];
  for (const [method, chain] of methods) app[method](path, ...chain);
  const names = methods.flatMap(([method]) =>
    method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()],
  );
  app.all(path, (request, response) => {
    response.setHeader("Allow", names.join(", "));
    throw new HttpError(405, `Cannot ${request.method} here: allowed are ${names.join(", ")}`);
  });
}

const describeHandler: RequestHandler = (_request, response) => {
  response.set("Cache-Control", "private, no-cache").json(description);
};

function metricsHandler({ registry }: Metrics): RequestHandler {
  return async (_request, response) => {
    response.setHeader("Cache-Control", "no-store");
    response.setHeader("Content-Type", registry.contentType);
    response.end(await registry.metrics());
  };
}
