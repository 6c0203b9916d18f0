/**
 * Two servers write to one branch, and each is killed again and again in the middle of it: one over a
 * path, its git processes left behind; one over HTTP, with all of them, as a container ends. What was
 * acknowledged is on the branch once, what was not at most once, and nobody has to clear up.
 *
 *     KILLS=1000 SEED=7 npx vitest run test/server/kill.test.ts
 */
import { readdirSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { expect, test } from "vitest";
import { serveOverHttp } from "../git/http-remote.ts";
import { TestRepository, temporaryDirectory } from "../git/repository.ts";
import { Chance } from "../store/chance.ts";
import { type ProcessApi, startProcess } from "./api.ts";
import { commitByHand, countersOf, expectEachOnce, Writer } from "./crowd.ts";
import { kill } from "./kill.ts";
import { Remote } from "./remote.ts";
import { TestTokens } from "./tokens.ts";

const kills = Number(process.env.KILLS ?? 100);

/** A server that is started and killed in turns, and those who write through it. */
class Lane {
  readonly writers: readonly Writer[];
  readonly clone: string;
  /** How many requests waited for their answer at each kill. */
  readonly waiting: number[] = [];
  readonly #start: () => Promise<ProcessApi>;
  readonly #isWhole: boolean;
  readonly #chance: Chance;
  /** How long the next server may live at most, in milliseconds. */
  #patience = 1_000;

  constructor(
    writers: readonly Writer[],
    start: (data: string) => Promise<ProcessApi>,
    isWhole: boolean,
    chance: Chance,
  ) {
    const data = temporaryDirectory();
    this.writers = writers;
    this.clone = path.join(data, "clone.git");
    this.#start = () => start(data);
    this.#isWhole = isWhole;
    this.#chance = chance;
  }

  async liveAndDie(): Promise<void> {
    const api = await this.#startWell();
    const working = Promise.all(this.writers.map((writer) => writer.work(api, () => false)));
    const answered = this.#answered;
    await Promise.race([working, pause(this.#chance.below(this.#patience))]);
    this.waiting.push(this.writers.filter(({ isWaiting }) => isWaiting).length);
    await kill(api.program, this.#isWhole);
    await working;
    // At any point of a write: some servers are to have answered one, on a machine of any speed.
    this.#patience *= this.#answered > answered ? 0.7 : 1.3;
  }

  /** Who still waits for an answer gets it. */
  async end(): Promise<void> {
    const api = await this.#startWell();
    await Promise.all(this.writers.map((writer) => writer.work(api, () => true)));
    expect(await api.program.end("SIGTERM")).toBe(0);
    const files = readdirSync(this.clone, { recursive: true, encoding: "utf8" });
    expect(files.filter((file) => file.endsWith(".lock"))).toEqual([]);
    expectSound(new TestRepository(this.clone));
  }

  async #startWell(): Promise<ProcessApi> {
    const api = await this.#start();
    expect(await api.ready()).toMatchObject({ status: "ok", degraded: [] });
    return api;
  }

  get #answered(): number {
    return this.writers.reduce((sum, { waits }) => sum + waits.length, 0);
  }
}

function expectSound(repository: TestRepository): void {
  expect(repository.run(["fsck", "--strict", "--no-dangling", "--no-progress"])).toBe("");
}

test(`a server that is killed ${kills} times while it writes loses nothing and does nothing twice`, async () => {
  const chance = new Chance();
  console.log(`SEED=${chance.seed}`);
  const names = ["a", "b"].map((lane) => [1, 2, 3, 4].map((number) => `${lane}${number}`));
  const remote = new Remote(countersOf(names.flat()));
  const tokens = new TestTokens();
  const http = await serveOverHttp(remote.bare);
  const lanes = [remote.directory, http.url].map((url, index) => {
    const writers = (names[index] ?? []).map((name) => new Writer(name, chance));
    const start = (data: string) =>
      startProcess({ remote, tokens, data, env: { FLAGS_REMOTE: url } });
    return new Lane(writers, start, url === http.url, chance);
  });

  const byHand: string[] = [];
  let left = kills;
  await Promise.all(
    lanes.map(async (lane) => {
      while (left-- > 0) {
        await lane.liveAndDie();
        if (left % 10 === 0) byHand.push(commitByHand(remote, byHand.length));
      }
    }),
  );
  for (const lane of lanes) await lane.end();

  const writers = lanes.flatMap((lane) => lane.writers);
  expectEachOnce(remote, writers, byHand);
  expectSound(remote.bare);
  const wishes = writers.flatMap((writer) => writer.wishes);
  const waiting = lanes.flatMap((lane) => lane.waiting);
  const done = wishes.filter(({ commit }) => commit !== undefined).length;
  const during = waiting.filter((count) => count > 0).length;
  console.log(
    `${done} of ${wishes.length} writes acknowledged, ${during} kills in the middle of one`,
  );
  expect(waiting).toHaveLength(kills);
  expect(during).toBeGreaterThan(kills * 0.9);
}, 600_000);
