/** Many concurrent writers in several processes. Their results must match the commits on the remote. */
import { expect, test } from "vitest";
import {
  create,
  describe,
  expectSound,
  type Files,
  flagRemote,
  flagsOf,
  headOf,
  idempotency,
  type Person,
  requestsOf,
  turn,
  write,
} from "../writing.ts";
import { StoreProcess } from "./store-process.ts";

const clients = 10;
/** Each round of a client is several writes of its own flag, and one increment of a shared counter. */
const rounds = 5;
const burst = 19;
const writes = clients * rounds * (burst + 1);
const timeoutMs = 240_000;

function flagFile(name: string): string {
  return `flags/stress/${name}.yaml`;
}

function ownFlag(client: number): string {
  return `private_counter_${client}`;
}

const shared = "shared_counter";

const names = [...Array.from({ length: clients }, (_, client) => ownFlag(client)), shared];
const start: Files = Object.fromEntries(
  [...names, "edited_by_hand"].map((name) => [
    flagFile(name),
    "# A comment that stays\ndescription: '0'\nenabled: false\n",
  ]),
);

/** The results of a client's writes, in order. */
interface Committed {
  readonly requestId: string;
  readonly flag: string;
  readonly commit: string;
}

class Client {
  readonly committed: Committed[] = [];
  /** The number of writes that were sent again. */
  again = 0;
  readonly #store: StoreProcess;
  readonly #own: string;
  readonly #onCommitted: () => void;
  #count = 0;

  constructor(store: StoreProcess, own: string, onCommitted: () => void) {
    this.#store = store;
    this.#own = own;
    this.#onCommitted = onCommitted;
  }

  async run(): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      const steps = Array.from({ length: burst }, (_, step) => this.#count + step);
      this.#count += burst;
      const done = await Promise.all(steps.map((count) => this.#step(this.#own, count)));
      for (const count of steps.filter((_, index) => !done[index]))
        await this.#insist(this.#own, () => count);
      await this.#insist(shared, () => this.#sharedCount());
    }
  }

  /** Increments a counter, and tries again until that succeeds. */
  async #insist(flag: string, count: () => number | Promise<number>): Promise<void> {
    while (!(await this.#step(flag, await count()))) this.again += 1;
  }

  /** Increments a counter that must be at `count`. Returns whether that succeeded. */
  async #step(flag: string, count: number): Promise<boolean> {
    const one = write(describe(flag, `${count + 1}`));
    try {
      const result = await this.#store.write(one, `${count}`);
      if (result.status !== "committed") return false;
      this.committed.push({ requestId: one.requestId, flag, commit: result.commit });
      this.#onCommitted();
      return true;
    } catch (error) {
      if ((error as Error).name !== "WriteUnavailableError") throw error;
      return false;
    }
  }

  async #sharedCount(): Promise<number> {
    const { flags } = await this.#store.state();
    return Number(flags.find(({ name }) => name === shared)?.description);
  }
}

/** Commits by hand, before a store that is about to push. Returns the commit's id. */
function commitByHand(human: Person, count: number): string {
  const text = `# Mine\ndescription: '${count}'\nenabled: ${count % 2 === 0}\n`;
  for (;;) {
    try {
      return human.publish({ [flagFile("edited_by_hand")]: text });
    } catch (error) {
      if (!/rejected|cannot lock ref/.test((error as Error).message)) throw error;
    }
  }
}

test(
  `write() by ${clients} clients of two processes, with a person committing: each of ${writes} once, in order`,
  async () => {
    const { bare, human } = flagRemote(start);
    const stores = await Promise.all([StoreProcess.start(bare), StoreProcess.start(bare)]);
    const byHand: string[] = [];
    let done = 0;
    const onCommitted = () => {
      done += 1;
      if (done % 40 === 0) byHand.push(commitByHand(human, byHand.length + 1));
    };
    const running = Array.from({ length: clients }, (_, index) => {
      return new Client(stores[index % 2] as StoreProcess, ownFlag(index), onCommitted);
    });
    const started = Date.now();
    await Promise.all(running.map((client) => client.run()));
    const seconds = ((Date.now() - started) / 1_000).toFixed(1);
    const again = running.reduce((sum, client) => sum + client.again, 0);
    console.log(`${writes} writes in ${seconds} s, ${again} sent again, ${byHand.length} by hand`);

    const all = running.flatMap(({ committed }) => committed);
    expect(all).toHaveLength(writes);
    const onBranch = requestsOf(bare);
    expect([...onBranch].sort()).toEqual(all.map(({ requestId }) => requestId).sort());
    for (const { committed } of running) {
      const order = committed.map(({ requestId }) => onBranch.indexOf(requestId));
      expect(order).toEqual([...order].sort((a, b) => a - b));
    }
    const branch = bare.git("rev-list", "--first-parent", "main").split("\n");
    expect(branch).toEqual(expect.arrayContaining(all.map(({ commit }) => commit)));
    expect(branch).toEqual(expect.arrayContaining(byHand));

    const counts = (await flagsOf(bare)).map((flag) => [flag.name, Number(flag.description)]);
    const own = names.map((name) => [name, all.filter(({ flag }) => flag === name).length]);
    expect(counts).toEqual([["edited_by_hand", byHand.length], ...own].sort());
    for (const store of stores) expect((await store.sync()).commit).toBe(headOf(bare));
    expectSound(bare, ...stores);
  },
  timeoutMs,
);

test("write() of one key in two processes at once is done once", async () => {
  const { bare } = flagRemote();
  const stores = await Promise.all([StoreProcess.start(bare), StoreProcess.start(bare)]);
  const keys = Array.from({ length: 20 }, (_, seed) => idempotency(seed));
  const results = await Promise.all(
    keys.flatMap((key, index) =>
      stores.map((store) =>
        store.write(write(create(`keyed_flag_${index}`), { idempotency: key })),
      ),
    ),
  );
  for (const [index] of keys.entries()) {
    const [one, other] = results.slice(2 * index, 2 * index + 2);
    expect([one?.status, other?.status].sort()).toEqual(["committed", "repeated"]);
    expect(one).toHaveProperty("commit", other && "commit" in other ? other.commit : undefined);
  }
  expect(requestsOf(bare)).toHaveLength(keys.length);
  expectSound(bare);
});

test("write() of the same step in two processes at once, under one request id, is done once", async () => {
  const { bare } = flagRemote();
  const stores = await Promise.all([StoreProcess.start(bare), StoreProcess.start(bare)]);
  for (let count = 0; count < 10; count++) {
    const step = write(describe("daily_tips", `${count}`), { requestId: "one-for-both" });
    const seen = count === 0 ? "Show a tip a day" : `${count - 1}`;
    const results = await Promise.all(stores.map((store) => store.write(step, seen)));
    expect(results.map(({ status }) => status).sort()).toEqual(["committed", "stale"]);
  }
  expect(requestsOf(bare)).toHaveLength(10);
});

test("write() with a key is known to the next process", async () => {
  const { bare } = flagRemote();
  const first = await StoreProcess.start(bare);
  const keyed = write(turn("daily_tips", true), { idempotency: idempotency(1) });
  const result = await first.write(keyed);
  await first.write(write(turn("daily_tips", false)));
  await first.kill();
  for (const directory of [first.directory, undefined]) {
    const next = await StoreProcess.start(bare, directory);
    const commit = "commit" in result ? result.commit : undefined;
    expect(await next.write(keyed)).toEqual({ status: "repeated", commit });
  }
  expect(requestsOf(bare)).toHaveLength(2);
});
