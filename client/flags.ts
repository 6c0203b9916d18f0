import { attempt } from "./attempt.ts";
import { download } from "./download.ts";
import { afterHeard, afterOwn, atHand, forever, longestPause, mostNames } from "./limits.ts";
import { refuse } from "./list.ts";
import type { Asked, Copy, Flags, Options, State } from "./types.ts";

/** The flags of one URL, kept fresh in the background. Never throws, whatever the source does. */
export function createFlags<Name extends string = string>(options: Options): Flags<Name> {
  const { storage = attempt(() => globalThis.localStorage), refreshSeconds = 60 } = options;
  // The number is the version of what is stored, and of what tabs tell each other.
  const key = "bunting1:" + options.url;
  const page = globalThis.document as Document | undefined;
  const closing = new AbortController();
  const listeners = new Set<() => void>();
  const asked = new Map<string, Asked>();
  let flags = { __proto__: null } as unknown as Flags["bootstrap"];
  let state: State = { status: "loading", age: null, reason: null };
  let held: Copy | undefined;
  let pause = refreshSeconds;
  let timer: ReturnType<typeof setInterval> | undefined;
  let looking: Promise<void> | null | undefined;
  let channel: BroadcastChannel | undefined;

  const extras =
    options.stream || options.onMetrics || options.reportTo
      ? import("./extras.ts").then(
          (module) => module.attach(options, asked, closing.signal, key),
          () => () => {},
        )
      : null;
  learn(options.bootstrap as Copy, atHand);
  const bootstrap = flags;
  if (!held) {
    learn(
      attempt(() => storage && JSON.parse(storage.getItem(key) as string)),
      atHand,
    );
  }
  if (page) {
    attempt(() => {
      // A controller has a `signal`, which is all the options that are needed.
      addEventListener("visibilitychange", poll, closing);
      addEventListener("online", poll, closing);
      channel = new BroadcastChannel(key);
      channel.onmessage = ({ data }) => learn(data, afterHeard);
    });
  }
  void refresh();
  return {
    isEnabled(name, fallback = false) {
      let flag = asked.get(name);
      if (!flag) {
        flag = { on: flags[name], count: 0 };
        if (held && asked.size < mostNames) {
          asked.set(name, flag);
          flag.on ?? console.warn("No flag", name);
        }
      }
      flag.count++;
      return flag.on ?? fallback;
    },
    all: () => flags,
    bootstrap,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    ready: held ? Promise.resolve() : (looking as unknown as Promise<void>),
    refresh,
    close() {
      clearTimeout(timer);
      channel?.close();
      closing.abort();
      // There is nothing to join but this any more.
      looking = Promise.resolve();
    },
    get state() {
      return state;
    },
  };

  /** Looks, unless the page is hidden or another tab is at it. */
  async function poll(): Promise<void> {
    if (page?.hidden) return;
    try {
      await navigator.locks.request(key, { ifAvailable: true }, (lock) => lock && refresh());
    } catch {
      void refresh();
    }
  }

  function refresh(): Promise<void> {
    looking ??= download(options, closing.signal).then((found) => {
      if (closing.signal.aborted) return;
      looking = null;
      learn(found, afterOwn);
      attempt(() => channel?.postMessage(found));
    });
    return looking;
  }

  /** Takes in what was found, if it is fit, and waits for the time to look again. */
  function learn(found: Copy | undefined, wait: number): void {
    const oldFlags = flags;
    const oldState = state;
    let reason = refuse(found, held, options.environment);
    if (reason && !wait) return;
    if (!reason) {
      held = found as Copy;
      flags = keep(flags, { __proto__: null, ...held.flags } as never);
      for (const [name, flag] of asked) flag.on = flags[name];
      reason = held.failure ?? null;
      attempt(() => storage?.setItem(key, JSON.stringify(held)));
    }
    const age = Math.round((Date.now() - (held?.at as number)) / 1_000);
    state = keep(state, {
      status: reason ? "stale" : "ready",
      age: age >= 0 ? age : null,
      reason,
    });
    pause = reason ? Math.min(pause * 2, longestPause) : refreshSeconds;
    const seconds = pause * wait;
    clearTimeout(timer);
    if (seconds > 0 && seconds < forever) {
      timer = setInterval(poll, seconds * (900 + 200 * Math.random()));
    }
    void extras?.then((hear) => hear(reason, wait, found));
    // Last, since a listener may do anything, and close this, too.
    if (flags !== oldFlags || state !== oldState) [...listeners].forEach(attempt);
  }
}

/** `value`, or the equal one that is there already. */
function keep<Value>(old: Value, value: Value): Value {
  return JSON.stringify(old) === JSON.stringify(value) ? old : value;
}
