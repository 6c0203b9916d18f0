/** Clients that are closed leave no timers, listeners, channels or connections. */
import { expect, test, vi } from "vitest";
import { createFlags } from "../../../client/flags.ts";
import { openPage } from "../page.ts";
import { hang, json, list, startSource } from "../source.ts";

/** Declares the tests, with `rounds` times 50 clients. */
export function testLeaks(rounds: number): void {
  test.each([
    ["after a response", true],
    ["during a request", false],
  ])(
    `${rounds * 50} clients that are closed %s leave nothing behind`,
    async (_name, isAnswered) => {
      await using source = await startSource(isAnswered ? json(list({ a: true })) : hang);
      using page = openPage();
      const opened = vi.fn();
      const closed = vi.fn();
      class Channel extends BroadcastChannel {
        constructor(name: string) {
          super(name);
          opened();
        }
        override close() {
          super.close();
          closed();
        }
      }
      vi.stubGlobal("BroadcastChannel", Channel);
      const resources = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout");
      const before = resources().length;

      for (let round = 0; round < rounds; round++) {
        const clients = Array.from({ length: 50 }, () => {
          const client = createFlags({ url: source.url, storage: null, onMetrics: () => {} });
          client.subscribe(() => {});
          return client;
        });
        if (isAnswered) await Promise.all(clients.map(({ ready }) => ready));
        for (const client of clients) client.close();
        await Promise.all(clients.map(({ ready }) => ready));
      }
      expect(opened).toHaveBeenCalledTimes(rounds * 50);
      expect(closed).toHaveBeenCalledTimes(rounds * 50);
      expect(page.listeners()).toBe(0);
      await vi.waitFor(() => expect(resources().length).toBeLessThanOrEqual(before + 1), {
        // Before the timers of requests end by themselves.
        timeout: 2_500,
      });
      if (!isAnswered) {
        await vi.waitFor(async () => expect(await source.connections()).toBe(0), {
          timeout: 20_000,
        });
      }
    },
  );
}
