/**
 * The branch, read as a ledger: each commit is somebody's by hand, or does what one request asked for.
 * Answers are judged by it, whenever a commit lands: also long after whoever asked for it was gone.
 */
import type { Answer } from "./ask.ts";
import { outcomeOf, type State, stateIn, type Wanted } from "./model.ts";
import type { Remote } from "./remote.ts";

export interface Sent {
  readonly id: string;
  readonly wanted: Wanted;
  readonly key: string | undefined;
  /** What its `If-Match` stands for. */
  readonly expects: { readonly enabled: boolean; readonly description: string } | undefined;
  /** How many commits there were when it was sent. */
  readonly from: number;
}

interface Entry {
  readonly commit: string;
  readonly sent: Sent | undefined;
  /** After the commit. */
  readonly state: State;
}

export class Ledger {
  readonly #remote: Remote;
  readonly #entries: Entry[] = [];
  readonly #sent = new Map<string, Sent>();
  readonly #byHand = new Map<string, (state: State) => State>();

  constructor(remote: Remote) {
    this.#remote = remote;
    this.#entries.push({ commit: remote.head, sent: undefined, state: new Map() });
  }

  /** The state after the last commit that was read. */
  get state(): State {
    return this.#entries.at(-1)?.state ?? new Map();
  }

  /** How many commits were read. */
  get length(): number {
    return this.#entries.length;
  }

  send(sent: Sent): void {
    this.#sent.set(sent.id, sent);
  }

  byHand(commit: string, effect: (state: State) => State): void {
    this.#byHand.set(commit, effect);
  }

  /** Reads what has come onto the branch. Throws where it should not be there. */
  read(): void {
    const range = `${this.#entries.at(-1)?.commit}..main`;
    const format = "--format=%H %(trailers:key=Request-Id,valueonly,separator=%x2C)";
    const log = this.#remote.bare.git("log", "--first-parent", "--reverse", format, range);
    for (const line of log.split("\n").filter(Boolean)) {
      const [commit = "", id = ""] = line.split(" ");
      const effect = this.#byHand.get(commit);
      if (effect) this.#entries.push({ commit, sent: undefined, state: effect(this.state) });
      else this.#entries.push({ commit, ...this.#take(id) });
    }
  }

  /** What an answer says must have been so at some time since its request was sent. */
  judge(sent: Sent, answer: Answer, mayBeOld: boolean): void {
    const { status, headers } = answer;
    const commit = headers["bunting-commit"];
    if (typeof commit === "string") this.#judgeCommit(sent, answer, commit);
    else this.#judgeRefusal(sent, status, mayBeOld);
  }

  #judgeRefusal(sent: Sent, status: number, mayBeOld: boolean): void {
    const since = this.#entries.slice(mayBeOld ? 0 : sent.from - 1);
    const fits = since.some(({ state }) => {
      if (status === 412) return sent.expects !== undefined && !meets(sent, state);
      const outcome = outcomeOf(state, sent.wanted);
      return outcome.status === status && (status >= 400 || outcome.state === state);
    });
    if (!fits) throw new Error(`${status} was right at no time since "${sent.id}" was sent`);
  }

  /** Which requests with this key were done: none, or one. */
  doneWith(key: string): string | undefined {
    return this.#entries.find(({ sent }) => sent?.key === key)?.commit;
  }

  #take(id: string): { sent: Sent; state: State } {
    const sent = this.#sent.get(id);
    if (!sent) throw new Error(`Nobody asked for the commit of "${id}"`);
    if (this.#entries.some((entry) => entry.sent === sent))
      throw new Error(`"${id}" is done twice`);
    if (sent.key !== undefined && this.doneWith(sent.key) !== undefined)
      throw new Error(`The key of "${id}" is used twice`);
    if (!meets(sent, this.state)) throw new Error(`"${id}" is done on what it does not expect`);
    const { status, state } = outcomeOf(this.state, sent.wanted);
    if (state === this.state) throw new Error(`"${id}" is done, where it is a ${status}`);
    return { sent, state };
  }

  #judgeCommit(sent: Sent, { status, json }: Answer, commit: string): void {
    const at = this.#entries.findIndex((entry) => entry.commit === commit);
    const [before, entry] = [this.#entries[at - 1], this.#entries[at]];
    if (!entry) throw new Error(`"${sent.id}" is acknowledged at ${commit}, which is not there`);
    const { wanted, key } = sent;
    const isOwn = entry.sent === sent || (key !== undefined && entry.sent?.key === key);
    if (!isOwn && at + 1 < sent.from)
      throw new Error(`"${sent.id}" is answered as of ${commit}, before it was sent`);
    // Its own commit, or one where nothing was left to do.
    const outcome = outcomeOf((isOwn ? before : entry)?.state ?? new Map(), wanted);
    if (!isOwn && outcome.state !== entry.state)
      throw new Error(`"${sent.id}" is not done, and there was something to do`);
    if (status !== outcome.status)
      throw new Error(`"${sent.id}" is answered ${status}, and not ${outcome.status}`);
    if (wanted.method === "DELETE") return;
    const flag = entry.state.get(wanted.name);
    const environment = wanted.method === "PUT" ? wanted.environment : "application";
    const shown = flag && { enabled: stateIn(flag, environment), description: flag.description };
    if (shown?.enabled !== json?.enabled || shown?.description !== json?.description)
      throw new Error(`"${sent.id}" is shown ${JSON.stringify(json)} at ${commit}`);
  }
}

/** Whether the flag is what the request's `If-Match` stands for. */
function meets({ wanted, expects }: Sent, state: State): boolean {
  if (expects === undefined) return true;
  const flag = state.get(wanted.name);
  // What is not there is a 404 before it is a 412.
  if (!flag) return true;
  const environment = wanted.method === "PUT" ? wanted.environment : "application";
  const isTurned = stateIn(flag, environment) !== expects.enabled;
  return !isTurned && flag.description === expects.description;
}
