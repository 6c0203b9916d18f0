import type { RequestHandler } from "express";
import type { Principal } from "../../schema/access/tokens.ts";
import type { Project } from "../../schema/project/project.ts";
import { HttpError } from "../http/problem.ts";
import { environmentOf } from "../http/routes.ts";
import { type Action, refusal } from "./principal.ts";

/** Lets only those through who may do this to what the path is about. */
export function permit(project: () => Project, action: Action): RequestHandler {
  return (request, response, next) => {
    const principal = response.locals.principal as Principal;
    const name = request.params.name === undefined ? undefined : String(request.params.name);
    const reason = refusal(principal, action, environmentOf(project(), request.path), name);
    next(reason === undefined ? undefined : new HttpError(403, reason));
  };
}
