/**
 * Two servers write to one branch and are killed at random moments. One uses a path as its remote, and
 * its git processes survive it; the other uses HTTP, and its git processes are killed with it, as when a
 * container ends. An acknowledged write must be on the branch exactly once, any other at most once, and
 * the next server must start without manual repair. `SEED` and `KILLS` repeat a run.
 */
import { readdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { serveOverHttp } from "../../git/http-remote.ts";
import { TestRepository, temporaryDirectory } from "../../git/repository.ts";
import { Random } from "../../random.ts";
import { type ProcessApi, startProcess } from "../setup/api.ts";
import { kill } from "../setup/kill.ts";
import { Remote } from "../setup/remote.ts";
import { TestTokens } from "../setup/tokens.ts";
import { commitByHand, counterFiles, expectEachOnce, Writer } from "./writer.ts";

/** A server that is started and killed repeatedly, and the writers that use it. */
class KilledServer {
  readonly writers: readonly Writer[];
  readonly clone: string;
  /** The number of requests without a response, at each kill. */
  readonly pendingAtKill: number[] = [];
  readonly #start: () => Promise<ProcessApi>;
  readonly #killsChildren: boolean;
  readonly #random: Random;
  /** The longest time until the next kill. */
  #maxLifetimeMs = 1_000;

  constructor(
    writers: readonly Writer[],
    start: (data: string) => Promise<ProcessApi>,
    killsChildren: boolean,
    random: Random,
  ) {
    const data = temporaryDirectory();
    this.writers = writers;
    this.clone = path.join(data, "clone.git");
    this.#start = () => start(data);
    this.#killsChildren = killsChildren;
    this.#random = random;
  }

  async runUntilKilled(): Promise<void> {
    const api = await this.#startHealthy();
    const working = Promise.all(this.writers.map((writer) => writer.work(api, () => false)));
    const before = this.#responses;
    await Promise.race([working, pause(this.#random.below(this.#maxLifetimeMs))]);
    this.pendingAtKill.push(this.writers.filter(({ isPending }) => isPending).length);
    await kill(api.program, this.#killsChildren);
    await working;
    // Adapts to the speed of the machine, so that kills hit every phase of a write.
    this.#maxLifetimeMs *= this.#responses > before ? 0.7 : 1.3;
  }

  /** Starts the server once more, until every repeated request has its response. */
  async finish(): Promise<void> {
    const api = await this.#startHealthy();
    await Promise.all(this.writers.map((writer) => writer.work(api, () => true)));
    expect(await api.program.end("SIGTERM")).toBe(0);
    const files = readdirSync(this.clone, { recursive: true, encoding: "utf8" });
    expect(files.filter((file) => file.endsWith(".lock"))).toEqual([]);
    expectValidHistory(new TestRepository(this.clone));
  }

  async #startHealthy(): Promise<ProcessApi> {
    const api = await this.#start();
    expect(await api.ready()).toMatchObject({ status: "ok", degraded: [] });
    return api;
  }

  get #responses(): number {
    return this.writers.reduce((sum, { durationsMs }) => sum + durationsMs.length, 0);
  }
}

function expectValidHistory(repository: TestRepository): void {
  expect(repository.run(["fsck", "--strict", "--no-dangling", "--no-progress"])).toBe("");
}

const kills = Number(process.env.KILLS ?? 100);

test(`writes are neither lost nor repeated when servers are killed ${kills} times`, async () => {
  const random = new Random();
  console.log(`SEED=${random.seed}`);
  const names = ["a", "b"].map((lane) => [1, 2, 3, 4].map((number) => `${lane}${number}`));
  const remote = new Remote(counterFiles(names.flat()));
  const tokens = new TestTokens();
  const http = await serveOverHttp(remote.bare);
  const lanes = [remote.directory, http.url].map((url, index) => {
    const writers = (names[index] ?? []).map((name) => new Writer(name, random));
    const start = (data: string) =>
      startProcess({ remote, tokens, data, env: { FLAGS_REMOTE: url } });
    return new KilledServer(writers, start, url === http.url, random);
  });

  const byHand: string[] = [];
  let left = kills;
  await Promise.all(
    lanes.map(async (lane) => {
      while (left-- > 0) {
        await lane.runUntilKilled();
        if (left % 10 === 0) byHand.push(commitByHand(remote, byHand.length));
      }
    }),
  );
  for (const lane of lanes) await lane.finish();

  const writers = lanes.flatMap((lane) => lane.writers);
  expectEachOnce(remote, writers, byHand);
  expectValidHistory(remote.bare);
  const requests = writers.flatMap((writer) => writer.requests);
  const pending = lanes.flatMap((lane) => lane.pendingAtKill);
  const acknowledged = requests.filter(({ commit }) => commit !== undefined).length;
  const during = pending.filter((count) => count > 0).length;
  console.log(
    `${acknowledged} of ${requests.length} writes acknowledged, ${during} kills during a write`,
  );
  expect(pending).toHaveLength(kills);
  expect(during).toBeGreaterThan(kills * 0.9);
}, 600_000);
