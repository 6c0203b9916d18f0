/**
 * The commits of the branch with the state that the model gives each: a commit is a person's, or the effect
 * of exactly one request. Responses are checked against it, also if the commit of a request arrives after its
 * server has ended.
 */

import type { Remote } from "../setup/remote.ts";
import type { Answer } from "../setup/send-request.ts";
import { outcomeOf, type RequestedWrite, type State, stateIn } from "./model.ts";

export interface SentRequest {
  readonly id: string;
  readonly wanted: RequestedWrite;
  readonly key: string | undefined;
  /** The fields of the flag that its `If-Match` names. */
  readonly expects: { readonly enabled: boolean; readonly description: string } | undefined;
  /** The number of commits when it was sent. */
  readonly from: number;
}

interface Entry {
  readonly commit: string;
  readonly sent: SentRequest | undefined;
  /** After the commit. */
  readonly state: State;
}

export class BranchRecord {
  readonly #remote: Remote;
  readonly #entries: Entry[] = [];
  readonly #sent = new Map<string, SentRequest>();
  readonly #effects = new Map<string, (state: State) => State>();

  /** `state` is the state of the remote's only commit. */
  constructor(remote: Remote, state: State) {
    this.#remote = remote;
    this.#entries.push({ commit: remote.head, sent: undefined, state });
  }

  /** The state after the last commit that was read. */
  get state(): State {
    return this.#entries.at(-1)?.state ?? new Map();
  }

  /** The number of commits that were read. */
  get length(): number {
    return this.#entries.length;
  }

  send(sent: SentRequest): void {
    this.#sent.set(sent.id, sent);
  }

  addCommitByHand(commit: string, effect: (state: State) => State): void {
    this.#effects.set(commit, effect);
  }

  /** Reads new commits. Throws if a commit must not be there. */
  read(): void {
    const range = `${this.#entries.at(-1)?.commit}..main`;
    const format = "--format=%H %(trailers:key=Request-Id,valueonly,separator=%x2C)";
    const log = this.#remote.bare.git("log", "--first-parent", "--reverse", format, range);
    for (const line of log.split("\n").filter(Boolean)) {
      const [commit = "", id = ""] = line.split(" ");
      const effect = this.#effects.get(commit);
      if (effect) this.#entries.push({ commit, sent: undefined, state: effect(this.state) });
      else this.#entries.push({ commit, ...this.#applyRequest(id) });
    }
  }

  /** Throws unless the response was right at some time since its request was sent. */
  check(sent: SentRequest, answer: Answer, mayBeStale: boolean): void {
    const { status, headers } = answer;
    const commit = headers["bunting-commit"];
    if (typeof commit === "string") this.#checkCommit(sent, answer, commit);
    else this.#checkNoCommit(sent, status, mayBeStale);
  }

  #checkNoCommit(sent: SentRequest, status: number, mayBeStale: boolean): void {
    const since = this.#entries.slice(mayBeStale ? 0 : sent.from - 1);
    const fits = since.some(({ state }) => {
      if (status === 412) return sent.expects !== undefined && !meets(sent, state);
      const outcome = outcomeOf(state, sent.wanted);
      return outcome.status === status && (status >= 400 || outcome.state === state);
    });
    if (!fits)
      throw new Error(
        `"${sent.id}" has status ${status}, which was right at no time since it was sent`,
      );
  }

  /** The commit of the request with this key. */
  commitOfKey(key: string): string | undefined {
    return this.#entries.find(({ sent }) => sent?.key === key)?.commit;
  }

  #applyRequest(id: string): { sent: SentRequest; state: State } {
    const sent = this.#sent.get(id);
    if (!sent) throw new Error(`No request "${id}" was sent, but the branch has its commit`);
    if (this.#entries.some((entry) => entry.sent === sent))
      throw new Error(`"${id}" has two commits`);
    if (sent.key !== undefined && this.commitOfKey(sent.key) !== undefined)
      throw new Error(`The idempotency key of "${id}" has two commits`);
    if (!meets(sent, this.state))
      throw new Error(`"${id}" was committed although its If-Match fails`);
    const { status, state } = outcomeOf(this.state, sent.wanted);
    // A key is remembered by a commit even if the request changes nothing.
    const isRemembered = sent.key !== undefined && status === 200;
    if (state === this.state && !isRemembered)
      throw new Error(`"${id}" has a commit; expected ${status} without one`);
    return { sent, state };
  }

  #checkCommit(sent: SentRequest, { status, json }: Answer, commit: string): void {
    const at = this.#entries.findIndex((entry) => entry.commit === commit);
    const [before, entry] = [this.#entries[at - 1], this.#entries[at]];
    if (!entry)
      throw new Error(`"${sent.id}" names the commit ${commit}, which is not on the branch`);
    const { wanted, key } = sent;
    const isOwn = entry.sent === sent || (key !== undefined && entry.sent?.key === key);
    if (!isOwn && at + 1 < sent.from)
      throw new Error(`"${sent.id}" names the commit ${commit}, which is older than the request`);
    // Its own commit, or one after which it changes nothing.
    const outcome = outcomeOf((isOwn ? before : entry)?.state ?? new Map(), wanted);
    if (!isOwn && outcome.state !== entry.state)
      throw new Error(`"${sent.id}" has no commit, but it changes the flags`);
    if (status !== outcome.status)
      throw new Error(`"${sent.id}" has status ${status}; expected ${outcome.status}`);
    if (wanted.method === "DELETE") return;
    const flag = entry.state.get(wanted.name);
    const environment = wanted.method === "PUT" ? wanted.environment : "application";
    const expected = flag && { enabled: stateIn(flag, environment), description: flag.description };
    if (expected?.enabled !== json?.enabled || expected?.description !== json?.description)
      throw new Error(
        `"${sent.id}" has the body ${JSON.stringify(json)}, which is wrong at ${commit}`,
      );
  }
}

/** Whether the request's `If-Match` holds. */
function meets({ wanted, expects }: SentRequest, state: State): boolean {
  if (expects === undefined) return true;
  const flag = state.get(wanted.name);
  // A missing flag is a 404, before the condition is checked.
  if (!flag) return true;
  const environment = wanted.method === "PUT" ? wanted.environment : "application";
  const isSame = stateIn(flag, environment) === expects.enabled;
  return isSame && flag.description === expects.description;
}
