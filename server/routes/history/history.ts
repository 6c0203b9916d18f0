import { LRUCache } from "lru-cache";
import type { Principal } from "../../../schema/access/tokens.ts";
import type { FlagChange } from "../../../store/snapshot/flag-changes.ts";
import type { FlagStore } from "../../../store/writes/flag-store.ts";
import { ConcurrencyLimit } from "../../http/concurrency-limit.ts";
import { nameIn } from "../../http/flag-name.ts";
import { type Handler, principalOf } from "../../http/handler.ts";
import { HttpError } from "../../http/problem.ts";
import { environmentOf } from "../../http/routes.ts";

const maxPageSize = 200;
/** Each history that is read takes a git process; the other processes are for writes. */
const limits = { total: 4, perOwner: 2, waitingPerOwner: 20 };
/** How many pages are kept for the current head. */
const cachedPages = 500;

/** `GET …/history`: a page of the changes of a flag, the newest first. `next` is where the next page begins. */
export function historyHandler(store: FlagStore): Handler {
  const read = cachedChanges(store);
  return async (request, response) => {
    const name = nameIn(request);
    const environment = environmentOf(store.project, request.path);
    const limit = integer(request.query.limit, "limit", 50, 1, maxPageSize);
    const skip = integer(request.query.skip, "skip", 0, 0, 1_000_000);
    const principal = principalOf(response);
    // One more than asked for says whether there is a next page.
    const changes = await read(principal.id, name, environment, { limit: limit + 1, skip });
    if (changes.length === 0 && skip === 0)
      throw new HttpError(404, `Cannot find the flag "${name}", now or before`);
    const next = changes.length > limit ? { next: skip + limit } : {};
    const visible = changes.slice(0, limit).filter((change) => isVisible(change, principal));
    response.set("Cache-Control", "private, no-cache");
    response.json({ name, environment, changes: visible, ...next });
  };
}

type ReadChanges = (
  owner: string,
  name: string,
  environment: string,
  page: { limit: number; skip: number },
) => Promise<FlagChange[]>;

/** Pages are kept as long as the head of the branch stays; those who ask for one meanwhile share it. */
function cachedChanges(store: FlagStore): ReadChanges {
  const concurrency = new ConcurrencyLimit(limits);
  const pages = new LRUCache<string, Promise<FlagChange[]>>({ max: cachedPages });
  return (owner, name, environment, page) => {
    const key = `${store.head} ${environment} ${name} ${page.skip} ${page.limit}`;
    const known = pages.get(key);
    if (known) return known;
    const changes = concurrency.run(owner, () => store.changesOf(name, environment, page));
    pages.set(key, changes);
    changes.catch(() => pages.delete(key));
    return changes;
  };
}

/**
 * A token that is narrowed to environments sees no reason that was given for another one: it sees the
 * changes after which its own environment answers differently.
 */
function isVisible({ before, after }: FlagChange, { environments }: Principal): boolean {
  return environments === undefined || JSON.stringify(before) !== JSON.stringify(after);
}

function integer(
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
