import type { RequestHandler, Response } from "express";
import type { Principal } from "../schema/token.ts";
import { HttpError } from "./problem.ts";
import { notReady } from "./reads.ts";
import type { Responses } from "./responses.ts";

const limits = { perPrincipal: 1_000, inAll: 20_000 };
/** How often an idle stream shows that it lives, in milliseconds. */
const pingInterval = 15_000;
/** A reader that lets this many bytes pile up is dropped: it reads the list anew when it comes back. */
const patience = 1_048_576;
/** How many streams are written to before others get a turn. */
const slice = 500;

interface Stream {
  readonly path: string;
  readonly owner: string;
  readonly response: Response;
  /** Whether the token that opened it is taken yet: it may expire, or be removed. */
  readonly isStillGood: () => boolean;
}

/** Event streams of lists: each new commit is an event with the commit as its id and the list as its data. */
export class Streams {
  readonly #responses: Responses;
  readonly #streams = new Set<Stream>();
  readonly #pings: NodeJS.Timeout;
  #commit = "";

  constructor(responses: Responses) {
    this.#responses = responses;
    this.#pings = setInterval(() => void this.#write(() => ": ping\n\n"), pingInterval);
    this.#pings.unref();
  }

  get size(): number {
    return this.#streams.size;
  }

  readonly handler: RequestHandler = (request, response) => {
    const { id } = response.locals.principal as Principal;
    this.#refuseTooMany(id);
    const event = this.#eventOf(request.path);
    if (event === undefined) throw notReady();
    response.locals.isStream = true;
    response.vary("Accept");
    response.writeHead(200, {
      "Content-Type": "text/event-stream",
      "Cache-Control": "no-store",
      // nginx would gather events until a buffer is full.
      "X-Accel-Buffering": "no",
    });
    // Who has seen this commit waits for the next.
    response.write(request.get("Last-Event-ID") === this.#commit ? ": same\n\n" : event);
    const { isStillGood } = response.locals as Pick<Stream, "isStillGood">;
    const stream = { path: request.path, owner: id, response, isStillGood };
    this.#streams.add(stream);
    response.on("close", () => this.#streams.delete(stream));
  };

  /** Tells everyone of the commit that is served from now on. */
  async announce(commit: string): Promise<void> {
    this.#commit = commit;
    await this.#write(({ path }) => this.#eventOf(path) ?? "");
  }

  close(): void {
    clearInterval(this.#pings);
    for (const { response } of this.#streams) response.end();
  }

  #eventOf(path: string): string | undefined {
    const answer = this.#responses.get(path);
    return answer && `id: ${this.#commit}\ndata: ${answer.bytes}\n\n`;
  }

  async #write(textFor: (stream: Stream) => string): Promise<void> {
    let written = 0;
    for (const stream of [...this.#streams]) {
      if (stream.response.writableLength > patience) stream.response.destroy();
      else if (!stream.isStillGood()) stream.response.end();
      else stream.response.write(textFor(stream));
      written += 1;
      if (written % slice === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #refuseTooMany(owner: string): void {
    const own = [...this.#streams].filter((stream) => stream.owner === owner).length;
    if (own < limits.perPrincipal && this.#streams.size < limits.inAll) return;
    throw new HttpError(429, `Cannot open another stream: ${own} of this token are open`);
  }
}
