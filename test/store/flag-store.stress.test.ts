/** Many writers at once, in several processes. What they were told must be what is on the remote. */
import { expect, test } from "vitest";
import type { Write } from "../../store/write.ts";
import { StoreProcess } from "./store-process.ts";
import {
  create,
  describe,
  expectSound,
  type Files,
  flagRemote,
  flagsOf,
  type Human,
  headOf,
  idempotency,
  requestsOf,
  turn,
  write,
} from "./writing.ts";

const clients = 10;
const writesEach = 100;
const patience = 120_000;

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

/** What a client was told, in order. */
interface Told {
  readonly requestId: string;
  readonly flag: string;
  readonly commit: string;
}

/** Sends a write until it is answered, and says how often it had to. */
async function insist(store: StoreProcess, one: Write, expects: string) {
  for (let refused = 0; ; refused++) {
    try {
      return { result: await store.write(one, expects), refused };
    } catch (error) {
      if ((error as Error).name !== "WriteUnavailableError" || refused > 20) throw error;
    }
  }
}

async function run(
  store: StoreProcess,
  client: number,
  told: Told[],
  tell: () => void,
): Promise<number> {
  let refusals = 0;
  let own = 0;
  for (let step = 0; step < writesEach; step++) {
    const isShared = step % 10 === 0;
    const flag = isShared ? shared : ownFlag(client);
    for (;;) {
      const count = isShared ? await countIn(store) : own;
      const one = write(describe(flag, `${count + 1}`));
      const { result, refused } = await insist(store, one, `${count}`);
      refusals += refused;
      if (result.status === "committed") {
        told.push({ requestId: one.requestId, flag, commit: result.commit });
        if (!isShared) own += 1;
        tell();
        break;
      }
      // Only who shares a counter can have come too late.
      expect({ isShared, status: result.status }).toEqual({ isShared: true, status: "stale" });
    }
  }
  return refusals;
}

async function countIn(store: StoreProcess): Promise<number> {
  const { flags } = await store.state();
  return Number(flags.find(({ name }) => name === shared)?.description);
}

/** Commits by hand, ahead of whoever is about to push. Returns the commit's id. */
function commitByHand(human: Human, count: number): string {
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
  `write() by ${clients} clients of two processes, with a person committing: each of ${clients * writesEach} once, in order`,
  async () => {
    const { bare, human } = flagRemote(start);
    const stores = await Promise.all([StoreProcess.start(bare), StoreProcess.start(bare)]);
    const told: Told[][] = Array.from({ length: clients }, () => []);
    const byHand: string[] = [];
    let done = 0;
    const tell = () => {
      done += 1;
      if (done % 40 === 0) byHand.push(commitByHand(human, byHand.length + 1));
    };
    const started = Date.now();
    const refusals = await Promise.all(
      told.map((mine, client) => run(stores[client % 2] as StoreProcess, client, mine, tell)),
    );
    const seconds = (Date.now() - started) / 1_000;
    const refused = refusals.reduce((sum, count) => sum + count, 0);
    process.stdout.write(
      `${clients * writesEach} writes in ${seconds.toFixed(1)} s, ${refused} sent again, ${byHand.length} commits by hand\n`,
    );

    const all = told.flat();
    const landed = requestsOf(bare);
    expect([...landed].sort()).toEqual(all.map(({ requestId }) => requestId).sort());
    for (const mine of told) {
      const order = mine.map(({ requestId }) => landed.indexOf(requestId));
      expect(order).toEqual([...order].sort((a, b) => a - b));
    }
    const branch = bare.git("rev-list", "--first-parent", "main").split("\n");
    for (const { commit } of all) expect(branch).toContain(commit);
    for (const commit of byHand) expect(branch).toContain(commit);

    const counts = new Map((await flagsOf(bare)).map((flag) => [flag.name, flag.description]));
    for (const name of names) {
      expect(counts.get(name)).toBe(`${all.filter(({ flag }) => flag === name).length}`);
    }
    for (const store of stores) expect((await store.sync()).commit).toBe(headOf(bare));
    expectSound(bare, ...stores);
  },
  patience,
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
