import { attempt } from "./core/attempt.ts";
import { download } from "./core/download.ts";
import { maxBackoffSeconds, maxCountedNames, NEVER } from "./core/limits.ts";
import { findFailure, readCopy, readList } from "./core/list.ts";
import { FROM_CACHE, FROM_NETWORK, FROM_PEER_TAB, type Origin } from "./core/origin.ts";
import type { Copy, ExtensibleFlags, FlagValues, Options, ReadFlags, State } from "./core/types.ts";
import { keepIfEqual, notify, withoutPrototype } from "./core/values.ts";

export type {
  Failure,
  FlagList,
  FlagStorage,
  Flags,
  FlagValues,
  Metrics,
  Options,
  State,
} from "./core/types.ts";

/** The variants and the type of each flag, by name: the module that `bunting types` writes adds them. */
// biome-ignore lint/suspicious/noEmptyInterface: Other modules add to it.
export interface FlagTypes {}

/** The names of all flags; any string if `bunting types` was not used. */
export type FlagName = keyof FlagTypes extends never ? string : keyof FlagTypes & string;

/**
 * The flags of one URL, refreshed in the background. Never throws. In a page it starts at once; elsewhere
 * it starts on first use, because some servers allow neither requests nor timers while modules load.
 *
 * @example
 * const flags = createFlags({ url: "https://cdn.example.com/v1/feature-flags/" });
 * await flags.ready;
 * flags.isEnabled("meal_planning");
 *
 * @param fetchCopy Only for `rules.ts`, which fetches more than the list, and evaluates it with `readFlags`.
 */
export function createFlags<Name extends string = FlagName>(
  options: Options,
  fetchCopy: typeof download = download,
  readFlags: ReadFlags = (copy, old) => keepIfEqual(old, withoutPrototype(copy.flags)),
): ExtensibleFlags<Name> {
  // If JavaScript passes none, the console says that there is no URL.
  options ??= {} as Options;
  const { environment, refreshSeconds = 60, storage = attempt(() => localStorage) } = options;
  // The number is the version of stored copies and of messages between tabs.
  const key = `bunting1:${options.url}`;
  const page = globalThis.document as Document | undefined;
  const listeners = new Set<() => void>();
  const evaluations = new Map<string, number>();
  let flags: FlagValues = withoutPrototype({});
  let state: State = { status: "loading", age: null, reason: null };
  let held: Copy | undefined;
  let pauseSeconds = refreshSeconds;
  let timer: ReturnType<typeof setInterval> | undefined;
  let channel: BroadcastChannel | undefined;
  let pendingFetch: Promise<void> | undefined;
  let ready = Promise.resolve();
  /** Missing before the first start. `close()` aborts it. */
  let closing: AbortController | undefined;

  const extras =
    options.stream || options.onMetrics || options.reportTo
      ? import("./extras/extras.ts").then(
          ({ createExtras }) => createExtras(options, evaluations, key),
          () => undefined,
        )
      : undefined;
  // The bootstrap comes first, because a server rendered the page with it.
  accept(readList(options.bootstrap), FROM_CACHE);
  const bootstrap = flags;
  const readStored = () => JSON.parse(storage?.getItem(key) ?? "");
  if (!held) accept(attempt(readStored), FROM_CACHE);
  if (page) start();

  return {
    isEnabled(name, fallback = false) {
      startOnce();
      const isOn = flags[name];
      // Without extras, counts only keep the warning for an unknown flag from being repeated.
      if (held && (extras || isOn === undefined)) {
        const count = evaluations.get(name) ?? 0;
        if (count > 0 || evaluations.size < maxCountedNames) {
          evaluations.set(name, count + 1);
          if (count === 0 && isOn === undefined) console.warn("Bunting: unknown flag", name);
        }
      }
      return isOn ?? fallback;
    },
    all() {
      startOnce();
      return flags;
    },
    bootstrap,
    subscribe(listener) {
      startOnce();
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    get ready() {
      startOnce();
      return ready;
    },
    refresh,
    reread() {
      const oldFlags = flags;
      if (held) flags = readFlags(held, flags);
      if (flags !== oldFlags) notify(listeners);
    },
    start,
    close() {
      clearInterval(timer);
      channel?.close();
      closing ??= new AbortController();
      closing.abort();
    },
    get state() {
      startOnce();
      return state;
    },
  };

  function startOnce(): void {
    if (!closing) start();
  }

  function start(): void {
    if (closing && !closing.signal.aborted) return;
    closing = new AbortController();
    const { signal } = closing;
    void extras?.then((loaded) => loaded?.start(signal));
    if (page) {
      attempt(() => {
        addEventListener("visibilitychange", poll, { signal });
        addEventListener("online", poll, { signal });
        channel = new BroadcastChannel(key);
        channel.onmessage = ({ data }) => accept(data, FROM_PEER_TAB);
      });
    }
    pendingFetch = undefined;
    const firstFetch = refresh();
    if (!held) ready = firstFetch;
  }

  /** Refreshes, unless the page is hidden or another tab is fetching. */
  async function poll(): Promise<void> {
    if (page?.hidden) return;
    try {
      await navigator.locks.request(key, { ifAvailable: true }, (lock) => lock && refresh());
    } catch {
      // There are no Web Locks here.
      void refresh();
    }
  }

  async function refresh(): Promise<void> {
    startOnce();
    const { signal } = closing as AbortController;
    if (signal.aborted) return;
    pendingFetch ??= fetchCopy(options, signal).then((found) => {
      if (signal.aborted) return;
      pendingFetch = undefined;
      accept(found, FROM_NETWORK);
      attempt(() => channel?.postMessage(found));
    });
    return pendingFetch;
  }

  /** Replaces the held copy by `value` if that is valid, updates `state` and plans the next request. */
  function accept(value: unknown, origin: Origin): void {
    const found = readCopy(value);
    const oldFlags = flags;
    const oldState = state;
    const failure = findFailure(found, held, environment);
    if (failure && origin === FROM_CACHE) return;
    if (!failure) {
      held = found;
      flags = readFlags(found, flags, origin);
      if (origin !== FROM_CACHE) attempt(() => storage?.setItem(key, JSON.stringify(found)));
    }
    const reason = failure || found.failure || null;
    const age = Math.round((Date.now() - Number(held?.at)) / 1_000);
    state = keepIfEqual(state, {
      status: reason ? "stale" : "ready",
      age: age >= 0 ? age : null,
      reason,
    });
    pauseSeconds = reason ? Math.min(pauseSeconds * 2, maxBackoffSeconds) : refreshSeconds;
    // A tab that receives another tab's result waits 1.5 times as long, so one tab stays the poller.
    const seconds = origin === FROM_PEER_TAB ? pauseSeconds * 1.5 : pauseSeconds;
    clearInterval(timer);
    if (origin !== FROM_CACHE && seconds > 0 && seconds < NEVER) {
      // An interval, because a poll does nothing while the page is hidden.
      timer = setInterval(poll, seconds * (900 + 200 * Math.random()));
    }
    void extras?.then((loaded) => loaded?.observe(found, origin, reason, held));
    // The last step: a listener may do anything, such as closing this client.
    if (flags !== oldFlags || state !== oldState) notify(listeners);
  }
}
