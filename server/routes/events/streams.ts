import type { IncomingMessage, ServerResponse } from "node:http";
import { HttpError } from "../../http/problem.ts";
import { notReady } from "../reads/reads.ts";
import type { Responses } from "../reads/responses.ts";

const limits = { perPrincipal: 1_000, inAll: 20_000 };
/** How often an idle stream shows that it lives, in milliseconds. */
const pingInterval = 15_000;
/** A reader that lets this many bytes pile up is dropped: it reads the list anew when it comes back. */
const patience = 1_048_576;
/** How many streams are written to before others get a turn. */
const slice = 500;

const ping = Buffer.from(": ping\n\n");
const same = Buffer.from(": same\n\n");

/** What a stream begins with, beside the headers that every answer has. */
export const streamHeaders = {
  "Content-Type": "text/event-stream",
  "Cache-Control": "no-store",
  // nginx would gather events until a buffer is full.
  "X-Accel-Buffering": "no",
};

/** Who listens, and to what. */
export interface Listener {
  /** Of the list. */
  readonly path: string;
  /** The id of the principal. */
  readonly owner: string;
  /** The `Authorization` header that opened it. */
  readonly token: string | undefined;
  /** The commit that the client has seen last. */
  readonly lastEventId: string | undefined;
}

/** Thousands of them are held: there is nothing in it that can be shared, no function above all. */
interface Stream {
  readonly path: string;
  readonly owner: string;
  readonly token: string | undefined;
  /** The commit that it was told of last. */
  told: string;
}

/** Event streams of lists: each new commit is an event with the commit as its id and the list as its data. */
export class Streams {
  readonly #responses: Responses;
  readonly #isGood: (token: string | undefined) => boolean;
  readonly #streams = new Map<ServerResponse, Stream>();
  /** Listens to the end of all of them. */
  readonly #onClose: (this: ServerResponse) => void;
  /** By owner. */
  readonly #counts = new Map<string, number>();
  /** What is told of the current commit, by path. */
  readonly #events = new Map<string, Buffer>();
  readonly #pings: NodeJS.Timeout;
  #commit = "";

  /** `isGood`: whether the token of a stream is taken yet, which may expire, or be removed. */
  constructor(responses: Responses, isGood: (token: string | undefined) => boolean) {
    this.#responses = responses;
    this.#isGood = isGood;
    const remove = (response: ServerResponse) => this.#remove(response);
    this.#onClose = function () {
      remove(this);
    };
    this.#pings = setInterval(() => void this.#write(() => ping), pingInterval);
    this.#pings.unref();
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Throws where nothing is served yet, or this owner, or all together, have as many open as may be. */
  check({ path, owner }: Pick<Listener, "path" | "owner">): void {
    const own = this.#counts.get(owner) ?? 0;
    if (own >= limits.perPrincipal || this.#streams.size >= limits.inAll) {
      throw new HttpError(429, `Cannot open another stream: ${own} of this token are open`);
    }
    if (this.#eventOf(path) === undefined) throw notReady();
  }

  /** Goes on with an answer whose head is written, until one of the two ends it. */
  add(response: ServerResponse, { path, owner, token, lastEventId }: Listener): void {
    // Who has seen this commit waits for the next.
    response.write(lastEventId === this.#commit ? same : this.#eventOf(path));
    forget(response.req);
    this.#streams.set(response, { path, owner, token, told: this.#commit });
    this.#counts.set(owner, (this.#counts.get(owner) ?? 0) + 1);
    response.on("close", this.#onClose);
  }

  /** Tells everyone of the commit that is served from now on. */
  async announce(commit: string): Promise<void> {
    this.#commit = commit;
    this.#events.clear();
    await this.#write((stream) => {
      // The next commit may have come while others had their turn.
      if (stream.told === this.#commit) return undefined;
      stream.told = this.#commit;
      return this.#eventOf(stream.path);
    });
  }

  close(): void {
    clearInterval(this.#pings);
    for (const response of this.#streams.keys()) response.end();
  }

  #eventOf(path: string): Buffer | undefined {
    const made = this.#events.get(path);
    const answer = this.#responses.get(path);
    if (made || !answer) return made;
    const event = Buffer.from(
      `id: ${this.#commit}\ndata: ${answer.body.toString("latin1")}\n\n`,
      "latin1",
    );
    this.#events.set(path, event);
    return event;
  }

  async #write(bytesFor: (stream: Stream) => Buffer | undefined): Promise<void> {
    let written = 0;
    for (const [response, stream] of [...this.#streams]) {
      if (response.writableLength > patience) response.destroy();
      else if (!this.#isGood(stream.token)) response.end();
      else {
        const bytes = bytesFor(stream);
        if (bytes) response.write(bytes);
      }
      written += 1;
      if (written % slice === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #remove(response: ServerResponse): void {
    const stream = this.#streams.get(response);
    if (!stream) return;
    this.#streams.delete(response);
    const left = (this.#counts.get(stream.owner) ?? 1) - 1;
    if (left === 0) this.#counts.delete(stream.owner);
    else this.#counts.set(stream.owner, left);
  }
}

/** Nobody needs the headers of a request any more; they would be held for as long as the stream is open. */
function forget(request: IncomingMessage): void {
  request.headers = noHeaders;
  request.rawHeaders = noRawHeaders;
}

const noHeaders = {};
const noRawHeaders: string[] = [];
