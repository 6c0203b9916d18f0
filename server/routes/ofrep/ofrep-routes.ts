import type { Express } from "express";
import { readBody } from "../../http/body.ts";
import type { Handler } from "../../http/handler.ts";
import { route } from "../../http/route.ts";
import { streamHandler } from "../events/stream-handler.ts";
import type { Streams } from "../events/streams.ts";
import type { CatchUp } from "./catch-up.ts";
import type { Evaluations } from "./evaluations.ts";
import { eventStreamPath, refuseOtherTypes } from "./event-streams.ts";
import {
  type CountEvaluation,
  evaluateAllHandler,
  evaluateFlagHandler,
  evaluationPath,
} from "./ofrep.ts";
import type { StreamKeys } from "./stream-keys.ts";

export interface OfrepOptions {
  readonly evaluations: Evaluations;
  readonly streamKeys: StreamKeys;
  readonly catchUp: CatchUp;
  readonly streams: Streams;
  readonly countEvaluation: CountEvaluation;
}

/** The routes of OFREP in the folder of an environment; `before` are the checks of every read. */
export function addOfrepRoutes(
  app: Express,
  folder: string,
  before: Handler[],
  { evaluations, streamKeys, catchUp, streams, countEvaluation }: OfrepOptions,
): void {
  const path = `${folder}${evaluationPath}`;
  const evaluateAll = evaluateAllHandler(evaluations, streamKeys, catchUp);
  route(app, path, { post: [...before, readBody, evaluateAll] });
  const evaluateFlag = evaluateFlagHandler(evaluations, countEvaluation);
  route(app, `${path}/:key`, { post: [...before, readBody, evaluateFlag] });
  route(app, `${folder}${eventStreamPath}`, {
    get: [...before, refuseOtherTypes, streamHandler(streams)],
  });
}
