import type { Express } from "express";
import { readBody } from "../../http/body.ts";
import type { Handler } from "../../http/handler.ts";
import { route } from "../../http/route.ts";
import { streamHandler } from "../events/stream-handler.ts";
import type { Streams } from "../events/streams.ts";
import type { CatchUp } from "./catch-up.ts";
import { evaluationPath } from "./errors.ts";
import type { Evaluator } from "./evaluator.ts";
import { eventStreamPath, refuseOtherTypes } from "./event-streams.ts";
import { evaluateAllHandler, evaluateFlagHandler } from "./ofrep.ts";

export interface OfrepOptions {
  readonly evaluator: Evaluator;
  readonly catchUp: CatchUp;
  readonly streams: Streams;
}

/** The routes of OFREP in the folder of an environment; `before` are the checks of every read. */
export function addOfrepRoutes(
  app: Express,
  folder: string,
  before: Handler[],
  { evaluator, catchUp, streams }: OfrepOptions,
): void {
  const path = `${folder}${evaluationPath}`;
  const evaluateAll = evaluateAllHandler(evaluator, catchUp);
  route(app, path, { post: [...before, readBody, evaluateAll] });
  const evaluateFlag = evaluateFlagHandler(evaluator);
  route(app, `${path}/:key`, { post: [...before, readBody, evaluateFlag] });
  route(app, `${folder}${eventStreamPath}`, {
    get: [...before, refuseOtherTypes, streamHandler(streams)],
  });
}
