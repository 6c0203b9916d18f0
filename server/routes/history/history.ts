import { privateCacheControl } from "../../../schema/compile/outputs.ts";
import type { FlagChange } from "../../../store/history/flag-changes.ts";
import type { FlagStore } from "../../../store/writes/flag-store.ts";
import type { ConcurrencyLimit } from "../../http/concurrency-limit.ts";
import { nameIn } from "../../http/flag-name.ts";
import { type Handler, principalOf } from "../../http/handler.ts";
import { HttpError } from "../../http/problem.ts";
import { allowKeys, integerIn } from "../../http/query.ts";
import { environmentOf } from "../../openapi/path-template.ts";
import { cachePages } from "./cached-pages.ts";
import { factsOf, isChangedIn, statesIn } from "./change-body.ts";

export const maxPageSize = 200;
/** Reading a history starts git processes. The limit leaves processes for writes. */
export const historyLimits = { total: 4, perOwner: 2, waitingPerOwner: 20 };

/** `GET …/history`: a page of the changes of a flag, the newest first. `next` is the start of the next page. */
export function historyHandler(store: FlagStore, concurrency: ConcurrencyLimit): Handler {
  const readPage = cachePages<FlagChange[]>(concurrency);
  return async (request, response) => {
    const name = nameIn(request);
    const environment = environmentOf(store.project, request.path);
    allowKeys(request.query, ["limit", "skip"]);
    const limit = integerIn(request.query, "limit", 50, [1, maxPageSize]);
    const skip = integerIn(request.query, "skip", 0, [0, 1_000_000]);
    const principal = principalOf(response);
    // One more than requested shows whether there is a next page.
    const changes = await readPage(`${store.head} ${name} ${skip} ${limit}`, principal.id, () =>
      store.history.changesOf(name, { limit: limit + 1, skip }),
    );
    if (changes.length === 0 && skip === 0)
      throw new HttpError(404, `Cannot find the flag "${name}", now or before`);
    const next = changes.length > limit ? { next: skip + limit } : {};
    // A token that is narrowed to environments must not see reasons of changes elsewhere.
    const visible = changes
      .slice(0, limit)
      .filter((change) => principal.environments === undefined || isChangedIn(change, environment))
      .map((change) => ({ ...factsOf(change), ...statesIn(change, environment) }));
    response.set("Cache-Control", privateCacheControl);
    response.json({ name, environment, changes: visible, ...next });
  };
}
