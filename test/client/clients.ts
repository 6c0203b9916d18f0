import { afterEach, vi } from "vitest";
import { createFlags } from "../../client/flags.ts";
import type { FlagStorage, Flags, Options } from "../../client/types.ts";

/**
 * Makes clients that are closed when the test is over. They store nothing, unless told otherwise, and
 * look again only when the test says so.
 */
export function clientsForTests(): (options: Options) => Flags {
  const clients: Flags[] = [];
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
    vi.restoreAllMocks();
  });
  return (options) => {
    const client = createFlags({ storage: null, refreshSeconds: 0, ...options });
    clients.push(client);
    return client;
  };
}

/** A storage that is no browser's. */
export function storageWith(
  entries: Record<string, string> = {},
): FlagStorage & { entries: Map<string, string> } {
  const map = new Map(Object.entries(entries));
  return {
    entries: map,
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => void map.set(key, value),
  };
}
