/** Clients that write through several servers, and the check of the branch against their responses. */
import { expect } from "vitest";
import type { Files } from "../../git/repository.ts";
import type { Random } from "../../random.ts";
import type { Api } from "../setup/api.ts";
import type { Remote } from "../setup/remote.ts";
import type { Answer } from "../setup/send-request.ts";

const list = "/v1/feature-flags/";
const shared = "shared_counter";

/** A request that sets the description of a flag to the next number. */
interface CountRequest {
  readonly id: string;
  /** With an idempotency key, the writer repeats the request until it gets a response. */
  readonly key: string | undefined;
  readonly flag: string;
  readonly count: number;
  /** The commit that the response names; missing without a response. */
  commit?: string;
  /** Whether the response was 412. */
  isRefused?: boolean;
}

/** The flags that writers with these names change. */
export function counterFiles(names: readonly string[]): Files {
  const text = "# A comment that stays\ndescription: '0'\nenabled: false\n";
  const flags = [shared, ...names.map(ownFlag)];
  return Object.fromEntries(flags.map((flag) => [`flags/stress/${flag}.yaml`, text]));
}

function ownFlag(name: string): string {
  return `own_counter_${name}`;
}

/** Increments its own flag and a shared one. It continues with the next server if one ends. */
export class Writer {
  readonly requests: CountRequest[] = [];
  /** The duration of each request that got a response. */
  readonly durationsMs: number[] = [];
  isPending = false;
  readonly #name: string;
  readonly #random: Random;
  #unanswered: CountRequest | undefined;
  #count = 0;

  constructor(name: string, random: Random) {
    this.#name = name;
    this.#random = random;
  }

  /** Sends requests until `isOver()` or the server ends. A request with a key is repeated until it has a response. */
  async work(api: Api, isOver: () => boolean): Promise<void> {
    try {
      while (!isOver() || this.#unanswered) {
        if (this.#unanswered) await this.#send(api, this.#unanswered);
        else if (this.#random.below(3) === 0) await this.#incrementShared(api);
        else await this.#send(api, this.#newRequest(ownFlag(this.#name), ++this.#count, "key"));
      }
    } catch (error) {
      if (!/ECONN|EPIPE|socket hang up/.test(String(error))) throw error;
    } finally {
      this.isPending = false;
    }
  }

  async #incrementShared(api: Api): Promise<void> {
    const { headers, json } = await api.ask(`GET ${list}${shared}`);
    const request = this.#newRequest(shared, Number(json.description) + 1);
    await this.#send(api, request, { "If-Match": headers.etag });
  }

  #newRequest(flag: string, count: number, prefix?: string): CountRequest {
    const id = `${this.#name}-${this.requests.length}`;
    const hasKey = prefix !== undefined && this.#random.below(2) === 0;
    const request = { id, key: hasKey ? `${prefix}-${id}` : undefined, flag, count };
    this.requests.push(request);
    return request;
  }

  async #send(api: Api, request: CountRequest, condition = {}): Promise<void> {
    const { id, key, flag, count } = request;
    if (key !== undefined) this.#unanswered = request;
    const keyed = key === undefined ? {} : { "Idempotency-Key": key };
    const headers = { "X-Request-Id": id, ...keyed, ...condition };
    this.isPending = true;
    const sentAt = performance.now();
    const answer = await api.ask(`PUT ${list}${flag}`, {
      headers,
      body: { description: `${count}` },
    });
    this.durationsMs.push(performance.now() - sentAt);
    this.isPending = false;
    record(request, answer);
    if (answer.status !== 503) this.#unanswered = undefined;
  }
}

function record(request: CountRequest, { status, headers, json }: Answer): void {
  if (status === 503) return;
  if (status === 412) {
    request.isRefused = true;
    return;
  }
  const wanted = { status: 200, description: `${request.count}` };
  expect({ status, description: json?.description }).toEqual(wanted);
  request.commit = String(headers["bunting-commit"]);
}

/** Pushes a commit that no server made, before pushes in progress. Returns the commit's id. */
export function commitByHand(remote: Remote, count: number): string {
  for (;;) {
    try {
      return remote.push({ "flags/stress/edited_by_hand.yaml": `enabled: ${count % 2 === 0}\n` });
    } catch (error) {
      if (!/rejected|cannot lock ref/.test((error as Error).message)) throw error;
    }
  }
}

/**
 * Checks the branch against the responses. An acknowledged write is on it exactly once, at its commit; a
 * refused one is not; any other at most once. The writes of a flag are in the order of their requests,
 * each one more than the one before. No other commits are there but those by hand.
 */
export function expectEachOnce(
  remote: Remote,
  writers: readonly Writer[],
  byHand: readonly string[],
): void {
  const log = readLog(remote);
  expect(log.filter(({ id }) => id === "").map(({ commit }) => commit)).toEqual(byHand);

  const commitsById = grouped(log, ({ id }) => id);
  const requests = new Map(
    writers.flatMap((writer) => writer.requests).map((request) => [request.id, request]),
  );
  for (const { id } of log)
    expect(requests.has(id) || id === "", `"${id}" was requested`).toBe(true);
  for (const { id, commit, isRefused } of requests.values()) {
    const commits = (commitsById.get(id) ?? []).map((entry) => entry.commit);
    const found = { id, commits: commits.length > 1 ? "several" : commits.join() };
    if (commit !== undefined) expect(found).toEqual({ id, commits: commit });
    else if (isRefused) expect(found).toEqual({ id, commits: "" });
    else expect(found.commits).not.toBe("several");
  }

  const done = log.flatMap(({ id }) => requests.get(id) ?? []);
  for (const [flag, steps] of grouped(done, ({ flag }) => flag)) {
    const counts = steps.map(({ count }) => count);
    const sorted = [...counts].sort((a, b) => a - b);
    // Writers read the shared flag before each increment; they know the count of their own flag.
    expect(counts, flag).toEqual(flag === shared ? counts.map((_, index) => index + 1) : sorted);
    const text = remote.file(`flags/stress/${flag}.yaml`);
    expect(text).toMatch(/^# A comment that stays\n/);
    expect(text).toContain(`description: "${counts.at(-1)}"`);
  }
}

/** The commits after the first, oldest first, with the ids of their requests. */
function readLog({ bare }: Remote): { commit: string; id: string }[] {
  const format = "--format=%H %(trailers:key=Request-Id,valueonly,separator=%x2C)";
  const lines = bare.git("log", "--first-parent", "--reverse", format, "main").split("\n").slice(1);
  return lines.map((line) => {
    const [commit = "", id = ""] = line.split(" ");
    return { commit, id };
  });
}

function grouped<T>(items: readonly T[], key: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(key(item), [...(groups.get(key(item)) ?? []), item]);
  return groups;
}
