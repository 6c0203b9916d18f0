/** Everything that the client takes and returns. Types only: nothing of this reaches a browser. */
import type { Definitions } from "../../schema/evaluate/definition.ts";
import type { Origin } from "./origin.ts";

/** The body of `GET …/v1/feature-flags/`. */
export interface FlagList {
  readonly environment: string;
  readonly flags: FlagValues;
  /** When a flag last changed: `2024-08-31T12:00:00Z`. */
  readonly updated_at: string;
}

/** Whether each flag is on, by name. */
export type FlagValues = Readonly<Record<string, boolean>>;

export interface Options {
  /** The list's URL: `https://cdn.example.com/v1/feature-flags/`. */
  readonly url: string;
  /** The environment that the list must be of. Not checked if it is missing. */
  readonly environment?: string | undefined;
  /** Sent as `Authorization: Bearer …`. Without it the request has no header that needs a preflight. */
  readonly token?: string | undefined;
  /** A list that came with the page, for example from server rendering. It comes before a stored copy. */
  readonly bootstrap?: FlagList | undefined;
  /** Keeps the last valid list for the next visit. Default: `localStorage`. `null`: nothing is stored. */
  readonly storage?: FlagStorage | null | undefined;
  /** Seconds between two requests, plus or minus 10 %. Default: 60. With 0 the client does not poll. */
  readonly refreshSeconds?: number | undefined;
  /** Keeps an event stream of the server open, so that changes arrive at once. Requires a token. */
  readonly stream?: boolean | undefined;
  /** Receives the metrics after each request, when the page is hidden, and on `close()`. */
  readonly onMetrics?: ((metrics: Metrics) => void) | undefined;
  /** The server's `…/v1/usage`. It receives counts of requests and evaluations in batches. */
  readonly reportTo?: string | undefined;
}

/** The part of the browser's `Storage` that the client uses. */
export interface FlagStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** The flags of one URL. No method throws or waits. `Name` restricts the names. */
export interface Flags<Name extends string = string> {
  /** Whether the flag is on; `fallback` if the flag is unknown. */
  isEnabled(name: Name, fallback?: boolean): boolean;
  /** All known flags. The same object until one of them changes. */
  all(): FlagValues;
  /** The flags of the bootstrap, which a server rendered the page with. Empty if there is none. */
  readonly bootstrap: FlagValues;
  /**
   * Calls `listener` after each change of the flags or of `state`. Returns a function that ends this. A
   * function that is added twice is called once, as with `addEventListener`.
   */
  subscribe(listener: () => void): () => void;
  /** Resolves when there are flags, or when the first request has failed. Never rejects. */
  readonly ready: Promise<void>;
  /** Requests the list now, or joins the pending request. Never rejects. */
  refresh(): Promise<void>;
  /** Starts again after `close()`. The first start needs no call. */
  start(): void;
  /** Ends timers, requests and channels. The flags stay as they are. */
  close(): void;
  /** The same object until something in it changes. */
  readonly state: State;
}

export interface State {
  /**
   * `loading`: there are no flags yet, and no request has failed.
   * `ready`: there are flags, and the last request, if there was one, succeeded.
   * `stale`: the last request failed. The flags, if there are any, are from before.
   */
  readonly status: "loading" | "ready" | "stale";
  /** Age of the flags in seconds when they were last checked; `null` if no source has confirmed them. */
  readonly age: number | null;
  /** Why the last request failed; `null` if it succeeded. */
  readonly reason: Failure | null;
}

/** The result of a request. */
export type Outcome = "ok" | "not_modified" | Failure;

export type Failure =
  /** No response, or a connection that broke. */
  | "network"
  /** No complete response within five seconds. */
  | "timeout"
  /** A status other than 2xx. */
  | "status"
  /** Not JSON: a login page, an error of a proxy. */
  | "content_type"
  /** More than 1,000,000 bytes. The rest is not read. */
  | "too_large"
  /** Not JSON, or not the specified shape. */
  | "malformed"
  /** The list of another environment. */
  | "environment"
  /** Older than the held list. */
  | "older";

/** Counts since the client was created. */
export interface Metrics {
  /** Requests by result. */
  readonly fetches: Readonly<Partial<Record<Outcome, number>>>;
  /** Evaluations by flag name, unknown flags included. */
  readonly evaluations: Readonly<Record<string, number>>;
  /** Age of the flags in seconds; `null` if no source has confirmed them. */
  readonly age: number | null;
  /** Milliseconds until there were flags: 0 if they came from a cache; `null` while there are none. */
  readonly timeToReady: number | null;
}

/** A list with its origin, as it is held, stored and sent to other tabs; or the reason why there is none. */
export interface Copy extends FlagList {
  /** When the source returned it, in milliseconds since 1970; `NaN` if unknown. */
  readonly at: number;
  /** When the source wrote it (`Last-Modified`), in milliseconds since 1970; `NaN` if unknown. */
  readonly modified: number;
  /** Why there is no list, or why it is a copy that a service worker stored (`worker.ts`). Empty if neither. */
  readonly failure?: Failure | "" | undefined;
  /** What `rules.ts` evaluates. `null` if it could not be fetched; missing if nobody tried. */
  definitions?: Definitions | null | undefined;
}

/** The flags of a copy for the caller; `old` if they are the same. */
export type ReadFlags = (copy: Copy, old: FlagValues, origin?: Origin) => FlagValues;

/** What `rules.ts` needs beyond the public interface. */
export interface ExtensibleFlags<Name extends string> extends Flags<Name> {
  /** Reads the flags of the held copy again. */
  reread(): void;
}
