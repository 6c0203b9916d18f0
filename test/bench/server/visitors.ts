/** Concurrent clients of every kind, for a given time. */
import { setTimeout as pause } from "node:timers/promises";

const readers = 8;
const streams = 20;

export class Visitors {
  /** The number of actions so far. */
  readonly done = { reads: 0, writes: 0, refusals: 0, reports: 0, streams: 0 };
  readonly #url: string;
  readonly #headers: Record<string, string>;
  readonly #open: AbortController[] = [];
  #names: string[] = [];
  #turn = 0;

  constructor(url: string, token: string) {
    this.#url = url;
    this.#headers = { authorization: `Bearer ${token}` };
  }

  /** Runs all clients for this number of milliseconds. */
  async visit(milliseconds: number): Promise<void> {
    const end = performance.now() + milliseconds;
    this.#turn += 1;
    this.#names = Object.keys((await this.#read("")).flags);
    const reading = Array.from({ length: readers }, async (_, reader) => {
      for (let turn = reader; performance.now() < end; turn++) {
        await this.#read(turn % 3 === 0 ? "" : (this.#names[turn % this.#names.length] ?? ""));
        await pause(20);
      }
    });
    await Promise.all([...reading, this.#write(), this.#refuse(), this.#report(), this.#listen()]);
  }

  async leave(): Promise<void> {
    for (const stream of this.#open.splice(0)) stream.abort();
  }

  async #read(name: string): Promise<{ flags: Record<string, boolean> }> {
    const answer = await fetch(this.#url + name, { headers: this.#headers });
    this.done.reads += 1;
    return (await answer.json()) as { flags: Record<string, boolean> };
  }

  async #write(): Promise<void> {
    const description = `Said in turn ${this.#turn}`;
    const name = this.#names[this.#turn % this.#names.length];
    await this.#send("PUT", `${this.#url}${name}`, { description, enabled: this.#turn % 2 === 0 });
    this.done.writes += 1;
  }

  /** Unknown and invalid requests, which must leave nothing in memory. */
  async #refuse(): Promise<void> {
    const own = `${this.#turn}_${Math.random().toString(36).slice(2)}`;
    for (const path of [`x_${own}`, `../${own}`, `?${own}`])
      await this.#drain(this.#url + path, {});
    const authorization = `Bearer ${own}`;
    await this.#drain(this.#url, { headers: { authorization } });
    await this.#send("PUT", `${this.#url}x_${own}`, { enabled: true });
    await this.#send("POST", this.#url, { name: own.toUpperCase() });
    this.done.refusals += 6;
  }

  async #report(): Promise<void> {
    const evaluations = { [`x_${this.#turn}`]: 1, [this.#names[0] ?? "x"]: 3 };
    const body = { environment: "application", evaluations, fetches: { ok: 1 }, age: 1 };
    await this.#send("POST", new URL("/v1/usage", this.#url).href, body);
    this.done.reports += 1;
  }

  /** Opens a stream, and closes the oldest one if there are too many. */
  async #listen(): Promise<void> {
    const stream = new AbortController();
    const headers = { ...this.#headers, accept: "text/event-stream" };
    const answer = await fetch(this.#url, { headers, signal: stream.signal });
    void answer.text().catch(() => {});
    this.#open.push(stream);
    if (this.#open.length > streams) this.#open.shift()?.abort();
    this.done.streams += 1;
  }

  #send(method: string, url: string, body: unknown): Promise<void> {
    const headers = { "content-type": "application/json" };
    return this.#drain(url, { method, headers, body: JSON.stringify(body) });
  }

  async #drain(url: string, { headers, ...asked }: RequestInit): Promise<void> {
    const answer = await fetch(url, { ...asked, headers: { ...this.#headers, ...headers } });
    await answer.arrayBuffer();
  }
}
