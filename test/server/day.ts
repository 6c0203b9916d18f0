/** A day in the life of a server: its remote, its clients, people, and the story of what happened. */
import { readdirSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import { defaultProject } from "../../schema/project/project.ts";
import { Repository } from "../../store/snapshot/repository.ts";
import { type HttpRemote, serveOverHttp } from "../git/http-remote.ts";
import { TestRepository, temporaryDirectory } from "../git/repository.ts";
import { type ProcessApi, startProcess, until } from "./api.ts";
import type { Answer } from "./ask.ts";
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

const { environments } = defaultProject;

const list = "/v1/feature-flags/";

export class Scenario {
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

  static async begin(): Promise<Scenario> {
    const remote = new Remote({ "README.md": "Flags\n" });
    const day = new Scenario(remote, await serveOverHttp(remote.bare));
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
    const flags = snapshot?.flags.map(({ name, file, description, decisions }) => {
      return { name, file, description, decisions };
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
