/** What the client takes, gives and tells. Types only: nothing of this reaches a browser. */

/** The body of `GET …/v1/feature-flags/`. */
export interface FlagList {
  readonly environment: string;
  /** Whether each flag is on. */
  readonly flags: Readonly<Record<string, boolean>>;
  /** When a flag last changed: `2024-08-31T12:00:00Z`. */
  readonly updated_at: string;
}

export interface Options {
  /** The list's URL: `https://cdn.example.com/v1/feature-flags/`. */
  readonly url: string;
  /** The environment that the list must be of. Not checked where it is not given. */
  readonly environment?: string | undefined;
  /** Sent as `Authorization: Bearer …`. Without one, nothing is added to the browser's own headers. */
  readonly token?: string | undefined;
  /** A list that is at hand already, as after rendering on a server: the first answer, before any stored copy. */
  readonly bootstrap?: FlagList | undefined;
  /** Where the last good list is kept for the next visit: `localStorage` unless given, nowhere if `null`. */
  readonly storage?: FlagStorage | null | undefined;
  /** Seconds between two looks at the source, give or take a tenth: 60 unless given. */
  readonly refreshSeconds?: number | undefined;
  /** Keeps an event stream of the server open, which asks for a token, so that changes come at once. */
  readonly stream?: boolean | undefined;
  /** Hears the metrics after each look at the source, when the page is hidden, and at the end. */
  readonly onMetrics?: ((metrics: Metrics) => void) | undefined;
  /** The server's `…/v1/usage`, which gets counts of fetches and evaluations in batches. */
  readonly reportTo?: string | undefined;
}

/** As much of the browser's `Storage` as is needed. */
export interface FlagStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/** The flags of one URL. Everything answers at once and nothing throws. `Name` narrows the names. */
export interface Flags<Name extends string = string> {
  /** Whether the flag is on. A flag that is not known is `fallback`. */
  isEnabled(name: Name, fallback?: boolean): boolean;
  /** Every flag that is known; the same object until one changes. */
  all(): Readonly<Record<string, boolean>>;
  /** The flags of the given bootstrap, none if there was none: what a server has rendered with. */
  readonly bootstrap: Readonly<Record<string, boolean>>;
  /**
   * Calls `listener` after each change of the flags or of `state`, until the function that it returns is
   * called. As with `addEventListener`, one function counts once.
   */
  subscribe(listener: () => void): () => void;
  /** Settles once there are flags, or the first look at the source has failed. Never rejects. */
  readonly ready: Promise<void>;
  /** Looks at the source now. One request at a time: joins the one under way. Never rejects. */
  refresh(): Promise<void>;
  /** Ends what goes on in the background. The flags stay as they are. */
  close(): void;
  /** The same object until something in it changes. */
  readonly state: State;
}

export interface State {
  /**
   * `loading`: holds no flags yet, and nothing has failed.
   * `ready`: holds flags, and the last look at the source, if there was one, did not fail.
   * `stale`: it did; the flags, if there are any, are what was held before.
   */
  readonly status: "loading" | "ready" | "stale";
  /** Seconds between the time the source last confirmed the flags and the last look; `null` where it never did. */
  readonly age: number | null;
  /** Why the last look failed; `null` where it did not. */
  readonly reason: Failure | null;
}

/** What became of a look at the source. */
export type Outcome = "ok" | "not_modified" | Failure;

export type Failure =
  /** No answer, or one that broke off. */
  | "network"
  /** Nothing, or not all of it, within five seconds. */
  | "timeout"
  /** No success: a status other than 2xx. */
  | "status"
  /** Something else than JSON: a login page, a proxy's error. */
  | "content_type"
  /** Over a million characters, read no further than that. */
  | "too_large"
  /** No JSON, or not of the specified shape. */
  | "malformed"
  /** The list of another environment. */
  | "environment"
  /** A list from before the one that is held. */
  | "older";

/** Counts since the client was made. */
export interface Metrics {
  /** Looks at the source by what became of them. */
  readonly fetches: Readonly<Partial<Record<Outcome, number>>>;
  /** How often each flag was asked for, those that do not exist included. */
  readonly evaluations: Readonly<Record<string, number>>;
  /** As in `State`. */
  readonly age: number | null;
  /** Milliseconds until there was an answer: 0 where one was at hand; `null` until that is known. */
  readonly timeToReady: number | null;
}

/** A list as it is held, stored, and told from one tab to the others; or why there is none. Unchecked, it may be anything. */
export interface Copy extends FlagList {
  /** When the source gave it, in milliseconds since 1970. */
  readonly at: number;
  /** When the source wrote it, in milliseconds since 1970 (`Last-Modified`); not a number where it does not say. */
  readonly modified: number;
  /** Why this is no list; or why it is an old one, which a service worker gave (`worker.ts`). */
  readonly failure?: Failure;
}

/** A flag that was asked for. */
export interface Asked {
  /** Missing where no list that was believed has it. */
  on: boolean | undefined;
  count: number;
}
