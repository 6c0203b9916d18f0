/** Random days in the life of a remote and a store, against a model in memory. */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Change } from "../../schema/change.ts";
import { environments } from "../../schema/flag.ts";
import type { FlagStore } from "../../store/flag-store.ts";
import type { Write, WriteResult } from "../../store/write.ts";
import { type HttpRemote, serveOverHttp } from "../git/http-remote.ts";
import { StoreProcess } from "./store-process.ts";
import {
  create,
  expectSound,
  flagRemote,
  flagsOf,
  headOf,
  idempotency,
  newClone,
  openStore,
  type Remote,
  remove,
  requestsOf,
  write,
} from "./writing.ts";

const names = ["meal_planning", "daily_tips", "streaks"] as const;
const folders = ["growth", "nutrition", "unowned"] as const;
const runs = 20;
const length = 15;

interface ModelFlag {
  folder: string;
  description: string;
  enabled: boolean;
  overrides: Record<string, boolean>;
}

type Step = { readonly name: string; readonly folder: string; readonly description: string } & {
  readonly enabled: boolean;
  readonly environment: string;
  readonly isKeyed: boolean;
  readonly delay: number;
  readonly does: keyof typeof deeds;
};

const steps: fc.Arbitrary<Step> = fc.record({
  does: fc.constantFrom<(keyof typeof deeds)[]>(
    ...(["create", "create", "update", "update", "updateIn", "updateIn", "remove"] as const),
    ...(["edit", "move", "add", "batch", "again", "restart", "kill"] as const),
    ...(["down", "up", "slow", "lose"] as const),
  ),
  name: fc.constantFrom(...names),
  folder: fc.constantFrom(...folders),
  description: fc.constantFrom("", "One", "Two: three", "# four"),
  enabled: fc.boolean(),
  environment: fc.constantFrom(...environments.slice(1)),
  isKeyed: fc.boolean(),
  delay: fc.nat({ max: 150 }),
});

class World {
  readonly flags = new Map<string, ModelFlag>();
  readonly acknowledged: string[] = [];
  readonly unknown: Write[] = [];
  readonly keyed: { readonly write: Write; readonly commit: string }[] = [];
  isDown = false;
  keys = 0;
  commits = 0;
  readonly remote: Remote;
  readonly http: HttpRemote;
  store: FlagStore & { readonly directory: string };

  constructor(remote: Remote, http: HttpRemote, store: World["store"]) {
    this.remote = remote;
    this.http = http;
    this.store = store;
  }

  static async begin(): Promise<World> {
    const remote = flagRemote({ "README.md": "Flags\n" });
    const http = await serveOverHttp(remote.bare);
    const store = await openStore(http.url, { directory: newClone(), writePatience: 1_000 });
    return new World(remote, http, store);
  }

  async reopen(): Promise<void> {
    const { directory } = this.store;
    await this.store.close();
    this.store = await openStore(this.http.url, { directory, writePatience: 1_000 });
  }

  newWrite(change: Change, isKeyed: boolean): Write {
    this.keys += 1;
    return write(change, isKeyed ? { idempotency: idempotency(this.keys) } : {});
  }

  /** What a person does to a file, or to two. */
  publish(files: Record<string, string | null>): void {
    this.commits += 1;
    this.remote.human.publish({ ...files, "README.md": `Commit ${this.commits}\n` });
  }

  /** Sends a write, and holds its answer against the model. */
  async send(one: Write): Promise<void> {
    const { status: wanted, apply } = this.predict(one.change);
    let result: WriteResult;
    try {
      result = await this.store.write(one);
    } catch (error) {
      expect(error).toMatchObject({ name: "WriteUnavailableError" });
      expect(this.isDown).toBe(true);
      this.unknown.push(one);
      return;
    }
    if (this.isDown) {
      // What was known last may be old by now.
      expect(result.status).toMatch(/not-found|duplicate/);
      return;
    }
    expect(result.status).toBe(wanted);
    if (result.status !== "committed") return;
    apply();
    this.acknowledged.push(one.requestId);
    if (one.idempotency) this.keyed.push({ write: one, commit: result.commit });
    expect(result.commit).toBe(headOf(this.remote.bare));
    this.expectServed();
  }

  predict(change: Change): { status: string; apply: () => void } {
    const flag = this.flags.get(change.name);
    const committed = (apply: () => void) => ({ status: "committed", apply });
    const refused = (status: string) => ({ status, apply: () => {} });
    if (change.kind === "create") {
      const { name, enabled, description } = change;
      if (flag) return refused("duplicate");
      return committed(() =>
        this.flags.set(name, { folder: "unowned", description, enabled, overrides: {} }),
      );
    }
    if (!flag) return refused("not-found");
    if (change.kind === "delete") return committed(() => this.flags.delete(change.name));
    const { environment } = change;
    const { enabled = stateIn(flag, environment), description = flag.description } = change;
    if (enabled === stateIn(flag, environment) && description === flag.description)
      return refused("unchanged");
    return committed(() => {
      flag.description = description;
      if (environment === "application") flag.enabled = enabled;
      else if (enabled !== stateIn(flag, environment)) flag.overrides[environment] = enabled;
    });
  }

  get wanted() {
    return [...this.flags]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, flag]) => ({
        name,
        description: flag.description,
        enabled: Object.fromEntries(environments.map((one) => [one, stateIn(flag, one)])),
        file: fileOf(name, flag),
      }));
  }

  expectServed(): void {
    const { flags = [] } = this.store.serving?.snapshot ?? {};
    expect(flags.map(({ name, description, enabled, file }) => ({ name, description, enabled, file }))).toEqual(
      this.wanted,
    );
  }

  /** Takes the writes that nobody answered into the model where they landed. Nothing can land after this. */
  settle(): void {
    this.publish({});
    const landed = requestsOf(this.remote.bare);
    const arrived = this.unknown.filter(({ requestId }) => landed.includes(requestId));
    arrived.sort((a, b) => landed.indexOf(a.requestId) - landed.indexOf(b.requestId));
    for (const { change, requestId } of arrived) {
      const { status, apply } = this.predict(change);
      expect(status).toBe("committed");
      apply();
      this.acknowledged.push(requestId);
    }
    this.unknown.splice(0);
  }
}

function stateIn({ enabled, overrides }: ModelFlag, environment: string): boolean {
  return overrides[environment] ?? enabled;
}

function fileOf(name: string, { folder }: ModelFlag): string {
  return `flags/${folder}/${name}.yaml`;
}

function textOf({ description, enabled, overrides }: ModelFlag): string {
  const states = Object.entries(overrides).map(([one, state]) => `  ${one}:\n    enabled: ${state}\n`);
  const where = states.length > 0 ? `environments: # by hand\n${states.join("")}` : "";
  return `# By hand\ndescription: ${JSON.stringify(description)}\nenabled: ${enabled}\n${where}`;
}

/** What can happen, by the name under which a failing run shows it. */
const deeds = {
  create: (world: World, { name, enabled, description, isKeyed }: Step) =>
    world.send(world.newWrite(create(name, enabled, description), isKeyed)),

  update: (world: World, { name, enabled, description, isKeyed }: Step) => {
    const change = { kind: "update", name, environment: "application", enabled, description } as const;
    return world.send(world.newWrite(change, isKeyed));
  },

  updateIn: (world: World, { name, enabled, environment, isKeyed }: Step) =>
    world.send(world.newWrite({ kind: "update", name, environment, enabled }, isKeyed)),

  remove: (world: World, { name }: Step) => world.send(world.newWrite(remove(name), false)),

  /** Three writes at once: each sees what those before it did. */
  async batch(world: World, { name, enabled, description, environment }: Step) {
    if (world.isDown) return;
    const environmentsOf = { application: "application", other: environment };
    const changes: Change[] = [
      { kind: "update", name, environment: environmentsOf.application, description, enabled },
      { kind: "update", name, environment, enabled: !enabled },
      create(name, enabled, description),
    ];
    const predicted = changes.map((change) => {
      const { status, apply } = world.predict(change);
      apply();
      return status;
    });
    const writes = changes.map((change) => world.newWrite(change, false));
    const results = await Promise.all(writes.map((one) => world.store.write(one)));
    expect(results.map(({ status }) => status)).toEqual(predicted);
    for (const [index, { status }] of results.entries())
      if (status === "committed") world.acknowledged.push(writes[index]?.requestId ?? "");
    world.expectServed();
  },

  /** Sends again what was answered before. */
  async again(world: World, { delay }: Step) {
    const before = world.keyed[delay % Math.max(1, world.keyed.length)];
    if (!before) return;
    const answer = world.store.write(before.write);
    expect(await answer).toEqual({ status: "repeated", commit: before.commit });
  },

  edit(world: World, { name, enabled, description, environment }: Step) {
    const flag = world.flags.get(name);
    if (!flag) return;
    Object.assign(flag, { enabled, description });
    flag.overrides = { [environment]: !enabled };
    world.publish({ [fileOf(name, flag)]: textOf(flag) });
  },

  move(world: World, { name, folder }: Step) {
    const flag = world.flags.get(name);
    if (!flag || flag.folder === folder) return;
    const before = fileOf(name, flag);
    world.remote.human.pull();
    const text = world.remote.human.git("show", `HEAD:${before}`);
    flag.folder = folder;
    world.publish({ [before]: null, [fileOf(name, flag)]: `${text}\n` });
  },

  add(world: World, { name, folder, enabled, description }: Step) {
    if (world.flags.has(name)) return;
    const flag = { folder, enabled, description, overrides: {} };
    world.flags.set(name, flag);
    world.publish({ [fileOf(name, flag)]: textOf(flag) });
  },

  restart: (world: World) => world.reopen(),

  /** A process begins a write, and ends in the middle of it. */
  async kill(world: World, { name, enabled, environment, delay }: Step) {
    if (world.isDown) return;
    const { directory } = world.store;
    await world.store.close();
    const process = await StoreProcess.start(world.http.url, directory);
    const one = world.newWrite({ kind: "update", name, environment, enabled }, false);
    world.unknown.push(one);
    const answered = process.write(one).catch(() => undefined);
    await Promise.race([answered, new Promise((resolve) => setTimeout(resolve, delay))]);
    await process.kill();
    await answered;
    world.settle();
    await world.reopen();
  },

  down(world: World) {
    world.isDown = true;
    world.http.fail("fetch", "unavailable", Number.POSITIVE_INFINITY);
    world.http.fail("push", "drop", Number.POSITIVE_INFINITY);
  },

  up(world: World) {
    world.isDown = false;
    world.http.heal();
    world.settle();
  },

  slow(world: World) {
    if (world.isDown) return;
    for (const operation of ["fetch", "push"] as const) world.http.fail(operation, "slow", 3);
  },

  /** The next push is taken, and its answer lost. */
  lose(world: World) {
    if (!world.isDown) world.http.fail("push", "drop-after");
  },
} as const;

test(
  "write() and those who commit by hand leave the flags that a model says, whatever happens",
  async () => {
    const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));
    const counts: Record<string, number> = {};
    const property = fc.asyncProperty(
      fc.array(steps, { minLength: length, maxLength: length }),
      async (day) => {
        const world = await World.begin();
        for (const step of day) {
          counts[step.does] = (counts[step.does] ?? 0) + 1;
          await deeds[step.does](world, step);
        }
        deeds.up(world);
        await world.reopen();
        world.expectServed();
        const { bare } = world.remote;
        const flags = await flagsOf(bare);
        expect(
          flags.map(({ name, description, enabled, file }) => ({ name, description, enabled, file })),
        ).toEqual(world.wanted);
        expect(requestsOf(bare)).toEqual(world.acknowledged);
        expectSound(bare, world.store);
        await world.store.close();
      },
    );
    console.log(`SEED=${seed}: ${runs} runs of ${length} steps`);
    await fc.assert(property, { numRuns: runs, seed, endOnFailure: true });
    console.log(JSON.stringify(counts));
  },
  600_000,
);
