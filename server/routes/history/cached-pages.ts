import { LRUCache } from "lru-cache";
import type { ConcurrencyLimit } from "../../http/concurrency-limit.ts";

/** Maximum number of cached pages for the current head. */
const maxPages = 500;

/**
 * A cache of pages. Concurrent requests of a page share it, and a failure is not kept. `key` has the
 * head of the branch, so pages are not used any more once it moves.
 */
export function cachePages<Page>(
  concurrency: ConcurrencyLimit,
): (key: string, owner: string, read: () => Promise<Page>) => Promise<Page> {
  const pages = new LRUCache<string, Promise<Page>>({ max: maxPages });
  return (key, owner, read) => {
    const known = pages.get(key);
    if (known) return known;
    const page = concurrency.run(owner, read);
    pages.set(key, page);
    page.catch(() => pages.delete(key));
    return page;
  };
}
