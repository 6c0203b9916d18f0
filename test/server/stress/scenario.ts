/** One random scenario: a server, its remote, clients, people, and a log of the steps. */
import { readdirSync, readFileSync } from "node:fs";
import { expect } from "vitest";
import { defaultProject } from "../../../schema/project/project.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { type HttpRemote, serveOverHttp } from "../../git/http-remote.ts";
import { TestRepository, temporaryDirectory } from "../../git/repository.ts";
import { type ProcessApi, startProcess, until } from "../setup/api.ts";
import { kill } from "../setup/kill.ts";
import { Remote } from "../setup/remote.ts";
import type { Answer } from "../setup/send-request.ts";
import { TestTokens } from "../setup/tokens.ts";
import { BranchRecord, type SentRequest } from "./branch-record.ts";
import {
  fileOf,
  flagsOf,
  listOf,
  type ModelFlag,
  type RequestedWrite,
  type State,
  textOf,
  withFlag,
} from "./model.ts";

const { environments } = defaultProject;

const list = "/v1/feature-flags/";

const kept: ModelFlag = { folder: "growth", description: "Stays", enabled: true, overrides: {} };

export class Scenario {
  readonly log: string[] = [];
  readonly remote: Remote;
  readonly branch: BranchRecord;
  readonly keyed: SentRequest[] = [];
  readonly #tokens = new TestTokens();
  readonly #data = temporaryDirectory();
  readonly #http: HttpRemote;
  #api: ProcessApi | undefined;
  /** The remote is unavailable, and the server reports it. */
  isDown = false;
  /** The remote has a fault, so that a write may get 503. */
  isUnreliable = false;
  #requests = 0;

  static async begin(): Promise<Scenario> {
    // A commit by hand that leaves no flag is not served, so one flag always stays.
    const remote = new Remote({ "README.md": "Flags\n", [fileOf("kept", kept)]: textOf(kept) });
    const scenario = new Scenario(remote, await serveOverHttp(remote.bare));
    await scenario.start();
    return scenario;
  }

  private constructor(remote: Remote, http: HttpRemote) {
    this.remote = remote;
    this.branch = new BranchRecord(remote, new Map([["kept", kept]]));
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
    if (!this.isUnreliable) expect({ status, degraded }).toEqual({ status: "ok", degraded: [] });
  }

  request(wanted: RequestedWrite, isKeyed: boolean, expects?: SentRequest["expects"]): SentRequest {
    this.branch.read();
    const id = `request-${++this.#requests}`;
    const key = isKeyed && wanted.method !== "DELETE" ? `key-${id}` : undefined;
    const sent = { id, wanted, key, expects, from: this.branch.length };
    this.branch.send(sent);
    if (key !== undefined) this.keyed.push(sent);
    return sent;
  }

  /** Repeats a request with its idempotency key. */
  repeat(before: SentRequest): SentRequest {
    const sent = this.request(before.wanted, false);
    const keyed = { ...sent, key: before.key };
    this.branch.send(keyed);
    return keyed;
  }

  /** Sends a request and checks the response against the branch. */
  async send(sent: SentRequest, etag?: string): Promise<Answer> {
    const answer = await this.ask(sent, etag);
    this.check(sent, answer);
    return answer;
  }

  ask({ id, wanted, key }: SentRequest, etag?: string): Promise<Answer> {
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

  check(sent: SentRequest, answer: Answer): void {
    const { status, headers } = answer;
    const { method, name } = sent.wanted;
    const commit = String(headers["bunting-commit"] ?? "").slice(0, 7);
    this.log.push(`    ${sent.id} ${method} ${name} → ${status} ${commit}`);
    this.branch.read();
    if (status !== 503) this.branch.check(sent, answer, this.isDown);
    else if (!this.isUnreliable)
      throw new Error(`"${sent.id}" got 503 without a fault: ${answer.text}`);
  }

  /** Several requests at once. */
  async sendAll(all: readonly SentRequest[]): Promise<void> {
    const answers = await Promise.all(all.map((sent) => this.ask(sent)));
    for (const [index, sent] of all.entries()) this.check(sent, answers[index] as Answer);
  }

  /** Checks that the server serves the flags of the branch. */
  async checkReads(): Promise<void> {
    if (this.isDown || this.isUnreliable) return;
    await this.api.sync();
    this.branch.read();
    for (const environment of environments) {
      const where = environment === "application" ? list : `/${environment}${list}`;
      const { json } = await this.api.ask(`GET ${where}`);
      expect(json.flags).toEqual(listOf(this.branch.state, environment));
    }
  }

  /** Waits until the requests and processes of a killed server have ended. */
  async waitForIdleRemote(): Promise<void> {
    await until(() => this.http.isIdle && !hasClientAt(this.http.port), 40_000);
    this.branch.read();
  }

  /** Pushes a person's commit. `effect` gives the flags after it. */
  async commitByHand(files: Record<string, string | null>, effect = (state: State) => state) {
    await this.waitForIdleRemote();
    const text = `Commit ${this.branch.length}\n`;
    this.branch.addCommitByHand(this.remote.push({ ...files, "README.md": text }), effect);
    this.branch.read();
  }

  /** Writes a flag's file by hand. */
  async writeByHand(name: string, flag: ModelFlag): Promise<void> {
    await this.commitByHand({ [fileOf(name, flag)]: textOf(flag) }, (state) =>
      withFlag(state, name, flag),
    );
  }

  async kill(all: boolean): Promise<void> {
    await kill(this.api.program, all);
  }

  async heal(): Promise<void> {
    this.http.heal();
    this.isDown = false;
    this.isUnreliable = false;
    await this.waitForIdleRemote();
    await this.api.sync();
  }

  /** Removes all faults, and checks that nothing was lost. */
  async end(): Promise<void> {
    await this.heal();
    const wanted = { method: "POST", name: "last_of_all", enabled: true, description: "" } as const;
    const answer = await this.send(this.request(wanted, false));
    expect(answer.status).toBe(201);
    await this.checkReads();
    expect(await this.api.program.end("SIGTERM")).toBe(0);
    this.branch.read();
    const clone = `${this.#data}/clone.git`;
    const repository = await Repository.open(this.remote.directory);
    const { snapshot } = await repository.read(this.remote.head, "");
    const flags = snapshot?.flags.map(({ name, file, description, decisions }) => {
      return { name, file, description, decisions };
    });
    expect(flags).toEqual(flagsOf(this.branch.state));
    for (const directory of [clone, this.remote.directory]) {
      const fsck = ["fsck", "--strict", "--no-dangling", "--no-progress"];
      expect(new TestRepository(directory).run(fsck)).toBe("");
    }
    await this.http.stop();
  }
}

/** Whether the command line of a process names this port. */
function hasClientAt(port: number): boolean {
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
