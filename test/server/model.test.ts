/**
 * Random days in the life of a server, its remote, its clients and people who commit by hand, against
 * a model in memory: the real server in a process that is restarted and killed, real git over HTTP.
 *
 *     MODEL_SECONDS=600 npx vitest run test/server/model.test.ts
 *     SEED=1234 MODEL_PATH=5 npx vitest run test/server/model.test.ts
 *
 * A day that fails is told step by step, with the seed and the path that bring it back. What happens
 * is the same then; how fast, is not.
 */
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { environments } from "../../schema/flag.ts";
import { Repository } from "../../store/repository.ts";
import { type Held, type HttpRemote, serveOverHttp } from "../git/http-remote.ts";
import { TestRepository, temporaryDirectory } from "../git/repository.ts";
import { type ProcessApi, signed, startProcess, until } from "./api.ts";
import type { Answer } from "./ask.ts";
import { bundledServer } from "./bundle.ts";
import { kill } from "./kill.ts";
import { Ledger, type Sent } from "./ledger.ts";
import {
  fileOf,
  flagsOf,
  listOf,
  type ModelFlag,
  type State,
  textOf,
  type Wanted,
  withFlag,
} from "./model.ts";
import { Remote } from "./remote.ts";
import { TestTokens } from "./tokens.ts";

const seconds = Number(process.env.MODEL_SECONDS ?? 45);
const list = "/v1/feature-flags/";
const forever = Number.POSITIVE_INFINITY;

interface Step {
  readonly does: Deed;
  readonly name: string;
  readonly folder: string;
  readonly description: string;
  readonly enabled: boolean;
  readonly environment: string;
  /** Whether it is sent with a key; where it is a kill, whether all processes end. */
  readonly isKept: boolean;
  readonly number: number;
}

type Deed = keyof typeof deeds;

const steps: fc.Arbitrary<Step> = fc.record({
  does: fc.constantFrom<Deed[]>(
    ...(["post", "post", "put", "put", "put", "putIn", "putIn", "remove"] as const),
    ...(["careful", "several", "several", "again", "again"] as const),
    ...(["edit", "move", "add", "drop", "breakIt", "rewind"] as const),
    ...(["restart", "kill", "kill", "late", "down", "up", "trouble", "trouble"] as const),
  ),
  name: fc.constantFrom("meal_planning", "daily_tips", "streaks"),
  folder: fc.constantFrom("growth", "nutrition", "unowned"),
  description: fc.constantFrom("", "One", "Two: three", "# four"),
  enabled: fc.boolean(),
  environment: fc.constantFrom(...environments.slice(1)),
  isKept: fc.boolean(),
  number: fc.nat({ max: 400 }),
});

const troubles = ["refuse", "unauthorized", "unavailable", "drop", "drop-after", "slow"] as const;

class Day {
  readonly story: string[] = [];
  readonly remote: Remote;
  readonly ledger: Ledger;
  readonly kept: Sent[] = [];
  readonly #tokens = new TestTokens();
  readonly #data = temporaryDirectory();
  readonly #http: HttpRemote;
  #api: ProcessApi | undefined;
  /** The remote does not answer, and the server knows. */
  isDown = false;
  /** Something is wrong with the remote, so that a write may be answered 503. */
  isTroubled = false;
  #requests = 0;

  static async begin(): Promise<Day> {
    const remote = new Remote({ "README.md": "Flags\n" });
    const day = new Day(remote, await serveOverHttp(remote.bare));
    await day.start();
    return day;
  }

  private constructor(remote: Remote, http: HttpRemote) {
    this.remote = remote;
    this.ledger = new Ledger(remote);
    this.#http = http;
  }

  get api(): ProcessApi {
    if (!this.#api) throw new Error("The server was not started");
    return this.#api;
  }

  get http(): HttpRemote {
    return this.#http;
  }

  async start(): Promise<void> {
    this.#api = await startProcess({
      remote: this.remote,
      tokens: this.#tokens,
      data: this.#data,
      program: await bundledServer(),
      env: { FLAGS_REMOTE: this.#http.url },
    });
    const { status, degraded } = await this.#api.ready();
    if (!this.isTroubled) expect({ status, degraded }).toEqual({ status: "ok", degraded: [] });
  }

  request(wanted: Wanted, isKept: boolean, expects?: Sent["expects"]): Sent {
    this.ledger.read();
    const id = `request-${++this.#requests}`;
    const key = isKept && wanted.method !== "DELETE" ? `key-${id}` : undefined;
    const sent = { id, wanted, key, expects, from: this.ledger.length };
    this.ledger.send(sent);
    if (key !== undefined) this.kept.push(sent);
    return sent;
  }

  /** The same request once more, under its key. */
  again(before: Sent): Sent {
    const sent = this.request(before.wanted, false);
    const kept = { ...sent, key: before.key };
    this.ledger.send(kept);
    return kept;
  }

  /** Sends a request, and holds its answer against the branch. */
  async send(sent: Sent, etag?: string): Promise<Answer> {
    const answer = await this.ask(sent, etag);
    this.judge(sent, answer);
    return answer;
  }

  ask({ id, wanted, key }: Sent, etag?: string): Promise<Answer> {
    const { method, name, ...fields } = wanted;
    const { environment = "application", ...body } = { environment: undefined, ...fields };
    const where = environment === "application" ? list : `/${environment}${list}`;
    const what = method === "POST" ? `POST ${list}` : `${method} ${where}${name}`;
    const headers = {
      "X-Request-Id": id,
      ...(key === undefined ? {} : { "Idempotency-Key": key }),
      ...(etag === undefined ? {} : { "If-Match": etag }),
    };
    if (method === "DELETE") return this.api.ask(what, { headers });
    return this.api.ask(what, { headers, body: method === "POST" ? { name, ...body } : body });
  }

  judge(sent: Sent, answer: Answer): void {
    const { status, headers } = answer;
    const { method, name } = sent.wanted;
    const commit = String(headers["bunting-commit"] ?? "").slice(0, 7);
    this.story.push(`    ${sent.id} ${method} ${name} → ${status} ${commit}`);
    this.ledger.read();
    if (status !== 503) this.ledger.judge(sent, answer, this.isDown);
    else if (!this.isTroubled) throw new Error(`"${sent.id}" is refused: ${answer.text}`);
  }

  /** Several requests at once. */
  async sendAll(all: readonly Sent[]): Promise<void> {
    const answers = await Promise.all(all.map((sent) => this.ask(sent)));
    for (const [index, sent] of all.entries()) this.judge(sent, answers[index] as Answer);
  }

  /** What the server shows is what is there. */
  async look(): Promise<void> {
    if (this.isDown || this.isTroubled) return;
    await this.api.sync();
    this.ledger.read();
    for (const environment of environments) {
      const where = environment === "application" ? list : `/${environment}${list}`;
      const { json } = await this.api.ask(`GET ${where}`);
      expect(json.flags).toEqual(listOf(this.ledger.state, environment));
    }
  }

  /** Waits until nothing is under way to the remote that a dead server left behind. */
  async fence(): Promise<void> {
    await until(() => this.http.isIdle && !isSomebodyAt(this.http.port), 40_000);
    this.ledger.read();
  }

  /** What a person commits, and what becomes of the flags by it. */
  async byHand(files: Record<string, string | null>, effect = (state: State) => state) {
    await this.fence();
    const text = `Commit ${this.ledger.length}\n`;
    this.ledger.byHand(this.remote.push({ ...files, "README.md": text }), effect);
    this.ledger.read();
  }

  /** What a person makes of a flag. */
  async put(name: string, flag: ModelFlag): Promise<void> {
    await this.byHand({ [fileOf(name, flag)]: textOf(flag) }, (state) =>
      withFlag(state, name, flag),
    );
  }

  async die(all: boolean): Promise<void> {
    await kill(this.api.program, all);
  }

  async heal(): Promise<void> {
    this.http.heal();
    this.isDown = false;
    this.isTroubled = false;
    await this.fence();
    await this.api.sync();
  }

  /** Everything is well again, and nothing was lost. */
  async end(): Promise<void> {
    await this.heal();
    const wanted = { method: "POST", name: "last_of_all", enabled: true, description: "" } as const;
    const answer = await this.send(this.request(wanted, false));
    expect(answer.status).toBe(201);
    await this.look();
    expect(await this.api.program.end("SIGTERM")).toBe(0);
    this.ledger.read();
    const clone = `${this.#data}/clone.git`;
    const repository = await Repository.open(this.remote.directory);
    const { snapshot } = await repository.read(this.remote.head, "");
    const flags = snapshot?.flags.map(({ name, file, description, enabled }) => {
      return { name, file, description, enabled };
    });
    expect(flags).toEqual(flagsOf(this.ledger.state));
    for (const directory of [clone, this.remote.directory]) {
      const fsck = ["fsck", "--strict", "--no-dangling", "--no-progress"];
      expect(new TestRepository(directory).run(fsck)).toBe("");
    }
    await this.http.stop();
  }
}

/** Whether a process talks to that port, by what it was called with. */
function isSomebodyAt(port: number): boolean {
  try {
    return readdirSync("/proc").some((pid) => {
      if (!/^\d+$/.test(pid)) return false;
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(`@127.0.0.1:${port}/`);
      } catch {
        return false;
      }
    });
  } catch {
    return false;
  }
}

const put = ({ name, enabled, description }: Step): Wanted => {
  return { method: "PUT", name, environment: "application", enabled, description };
};
const putIn = ({ name, enabled, environment }: Step): Wanted => {
  return { method: "PUT", name, environment, enabled };
};
const post = ({ name, enabled, description }: Step): Wanted => {
  return { method: "POST", name, enabled, description };
};

/** What can happen, by the name under which it is told. */
const deeds = {
  post: (day: Day, step: Step) => day.send(day.request(post(step), step.isKept)),
  put: (day: Day, step: Step) => day.send(day.request(put(step), step.isKept)),
  putIn: (day: Day, step: Step) => day.send(day.request(putIn(step), step.isKept)),
  remove: (day: Day, { name }: Step) => day.send(day.request({ method: "DELETE", name }, false)),

  /** Reads a flag, and changes it on the condition that it is still that; often it is not. */
  async careful(day: Day, step: Step) {
    if (day.isTroubled) return;
    await day.fence();
    await day.api.sync();
    const { status, json, headers } = await day.api.ask(`GET ${list}${step.name}`);
    const flag = day.ledger.state.get(step.name);
    expect(status).toBe(flag ? 200 : 404);
    if (!flag) return;
    if (step.number % 2 === 0) await day.put(step.name, { ...flag, description: `${step.number}` });
    const expects = { enabled: json.enabled, description: json.description };
    await day.send(day.request(put(step), false, expects), headers.etag);
  },

  /** Each sees what those before it did. */
  several: (day: Day, step: Step) =>
    day.sendAll([
      day.request(put(step), step.isKept),
      day.request(putIn({ ...step, enabled: !step.enabled }), step.isKept),
      day.request(post(step), step.isKept),
      day.request(put({ ...step, enabled: !step.enabled }), false),
    ]),

  /** Whoever was not answered asks again; so does whoever was, though the flag was changed since. */
  async again(day: Day, step: Step) {
    const before =
      day.kept[day.kept.length - 1 - (step.number % Math.min(3, day.kept.length || 1))];
    if (!before) return;
    const { name } = before.wanted;
    await day.send(day.request(put({ ...step, name, description: `${step.number}` }), false));
    await day.send(day.again(before));
  },

  async edit(day: Day, { name, enabled, description, environment }: Step) {
    await day.fence();
    const flag = day.ledger.state.get(name);
    const overrides = { [environment]: !enabled };
    if (flag) await day.put(name, { folder: flag.folder, enabled, description, overrides });
  },

  async move(day: Day, { name, folder }: Step) {
    await day.fence();
    const flag = day.ledger.state.get(name);
    if (!flag || flag.folder === folder) return;
    const moved = { ...flag, folder };
    const text = day.remote.file(fileOf(name, flag));
    await day.byHand({ [fileOf(name, flag)]: null, [fileOf(name, moved)]: `${text}\n` }, (state) =>
      withFlag(state, name, moved),
    );
  },

  async add(day: Day, { name, folder, enabled, description }: Step) {
    await day.fence();
    if (day.ledger.state.has(name)) return;
    await day.put(name, { folder, enabled, description, overrides: {} });
  },

  async drop(day: Day, { name }: Step) {
    await day.fence();
    const flag = day.ledger.state.get(name);
    if (!flag) return;
    await day.byHand({ [fileOf(name, flag)]: null }, (state) => withFlag(state, name, undefined));
  },

  /** A person commits what is not valid, and mends it after a while. */
  async breakIt(day: Day, step: Step) {
    if (day.isTroubled) return;
    const file = "flags/growth/broken.yaml";
    await day.byHand({ [file]: "enabled: yes\n" });
    day.isTroubled = true;
    const { text } = await day.api.ask(`GET ${list}`);
    // Once it is known; what changes nothing, or cannot be done, is found out first.
    await until(async () => {
      const { status } = await day.api.ask(`POST ${list}`, { body: { name: "never_made" } });
      return status === 503;
    });
    expect((await day.api.ready()).degraded).toEqual([expect.stringContaining(`${file}:1:10: `)]);
    await day.send(day.request(put(step), step.isKept));
    expect((await day.api.ask(`GET ${list}`)).text).toBe(text);
    await day.byHand({ [file]: null });
    await day.api.sync();
    day.isTroubled = false;
  },

  /** A person takes a commit back that the server has seen, and then puts it there again. */
  async rewind(day: Day, step: Step) {
    if (day.isTroubled) return;
    await day.byHand({});
    const to = day.remote.head;
    await day.byHand({});
    await day.api.sync();
    const from = day.remote.head;
    day.remote.bare.git("update-ref", "refs/heads/main", to);
    const body = { enabled: step.enabled, description: `${step.number}` };
    const asked = [`PUT ${list}${step.name}`, `POST ${list}`].map((what) =>
      day.api.ask(what, { body: what.startsWith("POST") ? { name: "never_made" } : body }),
    );
    const statuses = (await Promise.all(asked)).map(({ status }) => status);
    expect(statuses.filter((status) => status !== 503 && status !== 404)).toEqual([]);
    expect(day.remote.head).toBe(to);
    day.remote.bare.git("update-ref", "refs/heads/main", from);
    await day.api.sync();
  },

  async restart(day: Day) {
    expect(await day.api.program.end("SIGTERM")).toBe(0);
    await day.start();
  },

  /** The server ends in the middle of writes; git processes that it started may go on. */
  async kill(day: Day, step: Step) {
    const all = [
      day.request(put(step), step.isKept),
      day.request(post(step), false),
      day.request(putIn({ ...step, enabled: !step.enabled }), true),
    ];
    const asked = all.map((sent) => day.ask(sent).catch(() => undefined));
    await Promise.race([Promise.all(asked), pause(step.number)]);
    await day.die(step.isKept);
    await Promise.all(asked);
    await day.start();
  },

  /** A push of a server that is gone by then arrives at the remote when the next one is at work. */
  async late(day: Day, step: Step) {
    if (day.isTroubled) return;
    const held: Held = day.http.holdNextPush();
    const sent = day.request({ ...put(step), description: `Late ${step.number}` } as Wanted, true);
    const asked = day.ask(sent).catch(() => undefined);
    const answer = await Promise.race([asked, held.hasBegun.then(() => undefined)]);
    if (answer) day.judge(sent, answer);
    else {
      await day.die(step.isKept);
      await asked;
      await day.start();
    }
    if (step.number % 3 === 0) held.letGo();
    const next = [day.again(sent), day.request(putIn(step), false)];
    if (step.number % 3 === 1) setTimeout(() => held.letGo(), step.number);
    await day.sendAll(next);
    held.letGo();
    await day.fence();
  },

  async down(day: Day) {
    if (day.isTroubled) return;
    day.isDown = true;
    day.isTroubled = true;
    for (const operation of ["fetch", "push"] as const)
      day.http.fail(operation, "unavailable", forever);
    await day.api.ask("POST /webhooks/github", signed("{}"));
    await until(async () => (await day.api.ready()).status === "degraded");
  },

  up: (day: Day) => day.heal(),

  /** Something goes wrong once or twice; the write goes on until it is done. */
  async trouble(day: Day, step: Step) {
    if (day.isTroubled) return;
    const fault = troubles[step.number % troubles.length] ?? "drop";
    day.isTroubled = true;
    day.http.fail(step.isKept ? "push" : "fetch", fault, 1 + (step.number % 2));
    day.story.push(`    ${step.isKept ? "push" : "fetch"}: ${fault}`);
    await day.sendAll([day.request(put(step), true), day.request(putIn(step), false)]);
    await day.heal();
  },
};

test(
  "any day of clients, people, kills and a failing remote leaves what a model says",
  async () => {
    const seed = Number(process.env.SEED ?? Date.now() % 2 ** 31);
    const path = process.env.MODEL_PATH;
    const deadline = Date.now() + seconds * 1_000;
    const counts: Record<string, number> = {};
    let days = 0;
    const property = fc.asyncProperty(
      fc.array(steps, { minLength: 12, maxLength: 16 }),
      async (all) => {
        if (Date.now() > deadline) return;
        days += 1;
        await live(all, counts);
      },
    );
    console.log(`SEED=${seed}`);
    const again = path === undefined ? {} : { path };
    await fc.assert(property, { seed, ...again, numRuns: 10_000, endOnFailure: true });
    console.log(`${days} days: ${JSON.stringify(counts)}`);
  },
  240_000 + seconds * 1_000,
);

async function live(all: readonly Step[], counts: Record<string, number>): Promise<void> {
  const day = await Day.begin();
  try {
    for (const step of all) {
      counts[step.does] = (counts[step.does] ?? 0) + 1;
      day.story.push(tell(step));
      await deeds[step.does](day, step);
      // Else it goes on with what it knows, while people commit.
      if (step.number % 3 === 0) await day.look();
    }
    await day.end();
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`${message}\nWhat happened:\n${day.story.join("\n")}`, { cause: error });
  } finally {
    await kill(day.api.program, true);
  }
}

function tell({ does, name, enabled, environment, folder, isKept, number }: Step): string {
  return `  ${does} ${name} ${enabled} ${environment} ${folder} ${isKept ? "kept " : ""}${number}`;
}
