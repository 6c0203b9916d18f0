/** Many who change flags through several servers, and what must be on the branch after it. */
import { expect } from "vitest";
import type { Files } from "../git/repository.ts";
import type { Chance } from "../store/chance.ts";
import type { Api } from "./api.ts";
import type { Answer } from "./ask.ts";
import type { Remote } from "./remote.ts";

const list = "/v1/feature-flags/";
const shared = "shared_counter";

/** One thing that somebody wanted: a counter, which is the description of a flag, at its next step. */
interface Wish {
  readonly id: string;
  /** Kept by those who ask again until they are answered. */
  readonly key: string | undefined;
  readonly flag: string;
  readonly count: number;
  /** Where it was done; missing as long as nobody said so. */
  commit?: string;
  /** Whether it was said that it is not done. */
  isRefused?: boolean;
}

/** The flags that writers of these names change. */
export function countersOf(names: readonly string[]): Files {
  const text = "# A comment that stays\ndescription: '0'\nenabled: false\n";
  const flags = [shared, ...names.map(ownOf)];
  return Object.fromEntries(flags.map((flag) => [`flags/stress/${flag}.yaml`, text]));
}

function ownOf(name: string): string {
  return `own_counter_${name}`;
}

/** Counts on a flag of their own, on one that all share, and goes on with the next server when one is gone. */
export class Writer {
  readonly wishes: Wish[] = [];
  /** How long each answer took, in milliseconds. */
  readonly waits: number[] = [];
  isWaiting = false;
  readonly #name: string;
  readonly #chance: Chance;
  #unanswered: Wish | undefined;
  #count = 0;

  constructor(name: string, chance: Chance) {
    this.#name = name;
    this.#chance = chance;
  }

  /** Works until it is over, or the server is gone. Who has asked with a key waits for the answer. */
  async work(api: Api, isOver: () => boolean): Promise<void> {
    try {
      while (!isOver() || this.#unanswered) {
        if (this.#unanswered) await this.#ask(api, this.#unanswered);
        else if (this.#chance.below(3) === 0) await this.#countTogether(api);
        else await this.#ask(api, this.#wish(ownOf(this.#name), ++this.#count, "key"));
      }
    } catch (error) {
      if (!/ECONN|EPIPE|socket hang up/.test(String(error))) throw error;
    } finally {
      this.isWaiting = false;
    }
  }

  async #countTogether(api: Api): Promise<void> {
    const { headers, json } = await api.ask(`GET ${list}${shared}`);
    const wish = this.#wish(shared, Number(json.description) + 1);
    await this.#ask(api, wish, { "If-Match": headers.etag });
  }

  #wish(flag: string, count: number, prefix?: string): Wish {
    const id = `${this.#name}-${this.wishes.length}`;
    const isKept = prefix !== undefined && this.#chance.below(2) === 0;
    const wish: Wish = { id, key: isKept ? `${prefix}-${id}` : undefined, flag, count };
    this.wishes.push(wish);
    return wish;
  }

  async #ask(api: Api, wish: Wish, condition = {}): Promise<void> {
    const { id, key, flag, count } = wish;
    if (key !== undefined) this.#unanswered = wish;
    const kept = key === undefined ? {} : { "Idempotency-Key": key };
    const headers = { "X-Request-Id": id, ...kept, ...condition };
    this.isWaiting = true;
    const asked = performance.now();
    const answer = await api.ask(`PUT ${list}${flag}`, {
      headers,
      body: { description: `${count}` },
    });
    this.waits.push(performance.now() - asked);
    this.isWaiting = false;
    take(wish, answer);
    if (answer.status !== 503) this.#unanswered = undefined;
  }
}

function take(wish: Wish, { status, headers, json }: Answer): void {
  if (status === 503) return;
  if (status === 412) {
    wish.isRefused = true;
    return;
  }
  const wanted = { status: 200, description: `${wish.count}` };
  expect({ status, description: json?.description }).toEqual(wanted);
  wish.commit = String(headers["bunting-commit"]);
}

/** Commits by hand, ahead of whoever is about to push. Returns the commit's id. */
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
 * Holds what the writers were told against the branch: what was acknowledged is there once, at that
 * commit; what was refused is not; the rest is there at most once; all in the order in which it was
 * asked for, each step of each counter on the one before; and nothing else but what was done by hand.
 */
export function expectEachOnce(
  remote: Remote,
  writers: readonly Writer[],
  byHand: readonly string[],
): void {
  const log = readLog(remote);
  expect(log.filter(({ id }) => id === "").map(({ commit }) => commit)).toEqual(byHand);

  const landed = grouped(log, ({ id }) => id);
  const wishes = new Map(writers.flatMap((writer) => writer.wishes).map((wish) => [wish.id, wish]));
  for (const { id } of log) expect(wishes.has(id) || id === "", `"${id}" was asked for`).toBe(true);
  for (const { id, commit, isRefused } of wishes.values()) {
    const commits = (landed.get(id) ?? []).map((entry) => entry.commit);
    const told = { id, commits: commits.length > 1 ? "several" : commits.join() };
    if (commit !== undefined) expect(told).toEqual({ id, commits: commit });
    else if (isRefused) expect(told).toEqual({ id, commits: "" });
    else expect(told.commits).not.toBe("several");
  }

  const done = log.flatMap(({ id }) => wishes.get(id) ?? []);
  for (const [flag, steps] of grouped(done, ({ flag }) => flag)) {
    const counts = steps.map(({ count }) => count);
    const sorted = [...counts].sort((a, b) => a - b);
    // All count on from what is there on the flag that they share; on their own they know.
    expect(counts, flag).toEqual(flag === shared ? counts.map((_, index) => index + 1) : sorted);
    const text = remote.file(`flags/stress/${flag}.yaml`);
    expect(text).toMatch(/^# A comment that stays\n/);
    expect(text).toContain(`description: "${counts.at(-1)}"`);
  }
}

/** The commits after the first, the oldest first, and the requests that they were made for. */
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
