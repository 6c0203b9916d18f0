import { LRUCache } from "lru-cache";
import type { ConcurrencyLimit } from "../../http/concurrency-limit.ts";

/** Maximum number of cached pages for the current head. */
const maxPages = 500;

/**
 * A cache of pages. Concurrent requests of a page share it, and a failure is not kept. `key` has the
 * head of the branch, so pages are not used any more once it moves.
 */
export function cachePages<Page extends object>(
  concurrency: ConcurrencyLimit,
): (key: string, owner: string, read: () => Promise<Page>) => Promise<Page> {
  const pages = new LRUCache<string, Page, { owner: string; read: () => Promise<Page> }>({
    max: maxPages,
    ignoreFetchAbort: true,
    fetchMethod: (_key, _stale, { context }) => concurrency.run(context.owner, context.read),
  });
  return (key, owner, read) => pages.forceFetch(key, { context: { owner, read } });
}
