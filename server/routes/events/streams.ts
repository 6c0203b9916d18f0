/** Event streams: each new commit is an event for the streams whose path it changes. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { HttpError, notReady } from "../../http/problem.ts";

const limits = { perPrincipal: 1_000, total: 20_000 };
/** Interval of comments in an idle stream, so that proxies keep it open. */
const pingIntervalMs = 15_000;
/** Maximum number of unsent bytes. A slower client is disconnected; it reads the whole list when it connects again. */
const maxBufferedBytes = 1_048_576;
/**
 * A stream ends after this time, plus up to a tenth of it: its client connects again, perhaps to another
 * server, and not all clients at once.
 */
const maxLifetimeMs = 3_600_000;
/** Number of streams that are written to before other work gets a turn. */
const streamsPerSlice = 500;

const ping = Buffer.from(": ping\n\n");
const same = Buffer.from(": same\n\n");

/** The headers of a stream, in addition to those of every answer. */
export const streamHeaders = {
  "Content-Type": "text/event-stream",
  // A proxy that compresses would hold events back until it has enough of them.
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
};

/** The client of a stream, and its path. */
export interface Listener {
  /** The path of the list, or of OFREP's event stream. */
  readonly path: string;
  /** The id of the principal. */
  readonly owner: string;
  /** The `Authorization` header of the request. */
  readonly authorization: string | undefined;
  readonly requestId: string;
}

/** Thousands of these are kept: it holds strings only, and no function of its own. */
interface Stream extends Listener {
  readonly endsAtMs: number;
  /** The id of the last event. */
  lastEventId: string;
}

/** The current event of a path. */
export interface StreamEvent {
  /** Changes if the event must be sent again. */
  readonly id: string;
  readonly bytes: Buffer;
}

/** Makes the current event of a path; `undefined` if nothing is served there. `servedId` is that of `announce()`. */
export type MakeEvent = (path: string, servedId: string) => StreamEvent | undefined;

/** Whether a stream may continue: the check of every other read, with the header that opened it. */
export type IsAllowed = (listener: Listener) => boolean | Promise<boolean>;

export class Streams {
  readonly #makeEvent: MakeEvent;
  readonly #isAllowed: IsAllowed;
  readonly #onEnd: (listener: Listener) => void;
  readonly #streams = new Map<ServerResponse, Stream>();
  /** One listener for the end of all streams. */
  readonly #onClose: (this: ServerResponse) => void;
  readonly #countByOwner = new Map<string, number>();
  /** The current event, by path. */
  readonly #events = new Map<string, StreamEvent>();
  readonly #pings: NodeJS.Timeout;
  #servedId = "";

  /** `isAllowed` is called before each event and each ping; `onEnd` is called for each stream that ended. */
  constructor(makeEvent: MakeEvent, isAllowed: IsAllowed, onEnd: (listener: Listener) => void) {
    this.#makeEvent = makeEvent;
    this.#isAllowed = isAllowed;
    this.#onEnd = onEnd;
    const remove = (response: ServerResponse) => this.#remove(response);
    this.#onClose = function () {
      remove(this);
    };
    this.#pings = setInterval(() => void this.#write(() => ping), pingIntervalMs);
    this.#pings.unref();
  }

  get size(): number {
    return this.#streams.size;
  }

  /** Throws `HttpError` if nothing is served at the path yet, or if too many streams are open. */
  check({ path, owner }: Pick<Listener, "path" | "owner">): void {
    const own = this.#countByOwner.get(owner) ?? 0;
    if (own >= limits.perPrincipal || this.#streams.size >= limits.total) {
      throw new HttpError(429, `Cannot open another stream: ${own} of this token are open`);
    }
    if (this.#eventOf(path) === undefined) throw notReady();
  }

  /**
   * Continues an answer whose head is written, until the client or the server ends it. `lastEventId` is
   * the id of the event that the client has already: it then waits for the next one.
   */
  add(response: ServerResponse, listener: Listener, lastEventId: string | undefined): void {
    const event = this.#eventOf(listener.path);
    response.write(lastEventId === event?.id ? same : event?.bytes);
    releaseHeaders(response.req);
    const endsAtMs = Date.now() + maxLifetimeMs * (1 + Math.random() / 10);
    this.#streams.set(response, { ...listener, endsAtMs, lastEventId: event?.id ?? "" });
    const { owner } = listener;
    this.#countByOwner.set(owner, (this.#countByOwner.get(owner) ?? 0) + 1);
    response.on("close", this.#onClose);
  }

  /** Sends the events of a new release. `servedId` differs if it serves other flags. */
  async announce(servedId: string): Promise<void> {
    this.#servedId = servedId;
    this.#events.clear();
    await this.#write((stream) => {
      const event = this.#eventOf(stream.path);
      // A newer event may have been sent already, while this loop waited.
      if (event === undefined || stream.lastEventId === event.id) return undefined;
      stream.lastEventId = event.id;
      return event.bytes;
    });
  }

  close(): void {
    clearInterval(this.#pings);
    for (const response of this.#streams.keys()) response.end();
  }

  #eventOf(path: string): StreamEvent | undefined {
    const event = this.#events.get(path) ?? this.#makeEvent(path, this.#servedId);
    if (event) this.#events.set(path, event);
    return event;
  }

  async #write(bytesFor: (stream: Stream) => Buffer | undefined): Promise<void> {
    let count = 0;
    for (const [response, stream] of [...this.#streams]) {
      const mayContinue = await this.#mayContinue(stream);
      if (response.writableLength > maxBufferedBytes) response.destroy();
      else if (!mayContinue) response.end();
      else if (this.#streams.has(response)) {
        const bytes = bytesFor(stream);
        if (bytes) response.write(bytes);
      }
      count += 1;
      if (count % streamsPerSlice === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #mayContinue(stream: Stream): boolean | Promise<boolean> {
    // Nothing is served at the path if its environment is gone.
    if (Date.now() >= stream.endsAtMs || this.#eventOf(stream.path) === undefined) return false;
    return this.#isAllowed(stream);
  }

  #remove(response: ServerResponse): void {
    const stream = this.#streams.get(response);
    if (!stream) return;
    this.#streams.delete(response);
    const left = (this.#countByOwner.get(stream.owner) ?? 1) - 1;
    if (left === 0) this.#countByOwner.delete(stream.owner);
    else this.#countByOwner.set(stream.owner, left);
    this.#onEnd(stream);
  }
}

/** The headers of the request would be kept in memory for as long as the stream is open. */
function releaseHeaders(request: IncomingMessage): void {
  request.headers = noHeaders;
  request.rawHeaders = noRawHeaders;
}

const noHeaders = {};
const noRawHeaders: string[] = [];
