import { afterEach } from "vitest";
import type { FlagStorage, Flags, Options } from "../../client/core/types.ts";
import { createFlags } from "../../client/flags.ts";

/** Creates clients that are closed after the test. By default they store nothing and do not poll. */
export function clientsForTests(): (options: Options) => Flags;
export function clientsForTests<Own extends Options, Client extends Flags>(
  create: (options: Own) => Client,
): (options: Own) => Client;
export function clientsForTests(create: (options: Options) => Flags = createFlags) {
  const clients: Flags[] = [];
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  return (options: Options) => {
    const client = create({ storage: null, refreshSeconds: 0, ...options });
    clients.push(client);
    return client;
  };
}

/** A storage in memory. */
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
