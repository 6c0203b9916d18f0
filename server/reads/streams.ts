import type { IncomingMessage, ServerResponse } from "node:http";
import { HttpError } from "../http/problem.ts";
import { notReady } from "./reads.ts";
import type { Responses } from "./responses.ts";

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
  /** Whether the token that opened it is taken yet: it may expire, or be removed. */
  readonly isStillGood: () => boolean;
  /** The commit that the client has seen last. */
  readonly lastEventId: string | undefined;
}

interface Stream extends Listener {
  readonly response: ServerResponse;
  /** The commit that it was told of last. */
  told: string;
}

/** Event streams of lists: each new commit is an event with the commit as its id and the list as its data. */
export class Streams {
  readonly #responses: Responses;
  readonly #streams = new Set<Stream>();
  /** By owner. */
  readonly #counts = new Map<string, number>();
  /** What is told of the current commit, by path. */
  readonly #events = new Map<string, Buffer>();
  readonly #pings: NodeJS.Timeout;
  #commit = "";

  constructor(responses: Responses) {
    this.#responses = responses;
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
  add(response: ServerResponse, listener: Listener): void {
    const { path, owner, lastEventId } = listener;
    // Who has seen this commit waits for the next.
    response.write(lastEventId === this.#commit ? same : this.#eventOf(path));
    forget(response.req);
    const stream = { ...listener, response, told: this.#commit };
    this.#streams.add(stream);
    this.#counts.set(owner, (this.#counts.get(owner) ?? 0) + 1);
    response.on("close", () => this.#remove(stream));
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
    for (const { response } of this.#streams) response.end();
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
    for (const stream of [...this.#streams]) {
      if (stream.response.writableLength > patience) stream.response.destroy();
      else if (!stream.isStillGood()) stream.response.end();
      else {
        const bytes = bytesFor(stream);
        if (bytes) stream.response.write(bytes);
      }
      written += 1;
      if (written % slice === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #remove(stream: Stream): void {
    this.#streams.delete(stream);
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
