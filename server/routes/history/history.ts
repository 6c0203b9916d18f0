import type { RequestHandler } from "express";
import type { FlagChange } from "../../../store/snapshot/flag-changes.ts";
import type { FlagStore } from "../../../store/writes/flag-store.ts";
import { nameIn } from "../../http/flag-name.ts";
import { HttpError } from "../../http/problem.ts";
import { environmentOf } from "../../http/routes.ts";

const maximumLimit = 200;

/** Who changed a flag, when, and what: a page of it, the newest first. `next` is where the next page begins. */
export function historyHandler(store: FlagStore): RequestHandler {
  return async (request, response) => {
    const name = nameIn(request);
    const environment = environmentOf(store.project, request.path);
    const limit = number(request.query.limit, "limit", 50, 1, maximumLimit);
    const skip = number(request.query.skip, "skip", 0, 0, 1_000_000);
    const page = { limit: limit + 1, skip };
    const changes: FlagChange[] = await store.changesOf(name, environment, page);
    if (changes.length === 0 && skip === 0)
      throw new HttpError(404, `Cannot find the flag "${name}", now or before`);
    const next = changes.length > limit ? { next: skip + limit } : {};
    response.set("Cache-Control", "private, no-cache");
    response.json({ name, environment, changes: changes.slice(0, limit), ...next });
  };
}

function number(
  value: unknown,
  key: string,
  standard: number,
  minimum: number,
  maximum: number,
): number {
  if (value === undefined) return standard;
  const found = typeof value === "string" && /^\d{1,7}$/.test(value) ? Number(value) : Number.NaN;
  if (found >= minimum && found <= maximum) return found;
  throw new HttpError(400, `Cannot use ${key}: it must be a number from ${minimum} to ${maximum}`);
}
