/** How routes are added to the app. */
import type { Express, RequestParamHandler } from "express";
import type { Project } from "../../schema/project/project.ts";
import type { Handler } from "./handler.ts";
import { HttpError } from "./problem.ts";

type Method = "get" | "post" | "put" | "delete";

/** Adds the handlers of a path, by method; other methods are refused with the list of these. */
export function route(
  app: Express,
  path: string,
  handlers: Partial<Record<Method, Handler[]>>,
): void {
  const methods = Object.entries(handlers) as [Method, Handler[]][];
  for (const [method, chain] of methods) app[method](path, ...chain);
  const names = methods.flatMap(([method]) =>
    method === "get" ? ["GET", "HEAD"] : [method.toUpperCase()],
  );
  app.all(path, (request, response) => {
    response.setHeader("Allow", names.join(", "));
    throw new HttpError(405, `Cannot ${request.method} here: allowed are ${names.join(", ")}`);
  });
}

/** Skips a route if the current project serves no such environment below this path. */
export function skipUnknownEnvironment(project: () => Project): RequestParamHandler {
  return (request, _response, next, environment: string) => {
    const others = project().environments.slice(1);
    // The parameter is decoded, and an escape makes another URL.
    const isServed = others.includes(environment) && request.path.startsWith(`/${environment}/`);
    if (isServed) next();
    else next("route");
  };
}
