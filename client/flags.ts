import { download } from "./download.ts";
import { isFlagList } from "./list.ts";
import type { FlagList, FlagStorage, Flags, Options, Outcome, State } from "./types.ts";

/** The flags of one URL, kept fresh in the background. Never throws, whatever the source does. */
export function createFlags<Name extends string = string>({
  url,
  environment,
  token,
  bootstrap,
  storage = ownStorage(),
  refreshSeconds = 60,
}: Options): Flags<Name> {
  const key = `bunting:${url}`;
  const listeners = new Set<() => void>();
  const closing = new AbortController();
  let held: FlagList | undefined;
  let confirmed: number | undefined;
  let flags: Readonly<Record<string, boolean>> = Object.create(null);
  let state: State = { status: "loading", age: null, reason: null };
  let settle = () => {};
  const ready = new Promise<void>((resolve) => {
    settle = resolve;
  });
  let looking: Promise<void> | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  take(bootstrap, undefined);
  const rendered = flags;
  if (!held) readStored();
  if (held) conclude("not_modified");
  const page = globalThis.document;
  page?.addEventListener("visibilitychange", onVisible, { signal: closing.signal });
  globalThis.addEventListener?.("online", onVisible, { signal: closing.signal });
  void refresh();

  return {
    isEnabled: (name, fallback = false) => flags[name] ?? fallback,
    all: () => flags,
    bootstrap: rendered,
    subscribe(listener) {
      const entry = () => listener();
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    ready,
    refresh,
    close() {
      closing.abort();
      clearTimeout(timer);
      listeners.clear();
    },
    get state() {
      return state;
    },
  };

  function refresh(): Promise<void> {
    if (closing.signal.aborted) return Promise.resolve();
    looking ??= look();
    return looking;
  }

  async function look(): Promise<void> {
    clearTimeout(timer);
    const answer = await download(url, token, closing.signal);
    looking = undefined;
    if (closing.signal.aborted) return;
    const taken = typeof answer === "string" ? answer : take(answer.body, answer.at);
    const outcome = typeof answer === "string" ? answer : (answer.failure ?? taken);
    conclude(outcome, taken === "ok");
    if (outcome === "ok" || outcome === "not_modified") {
      failures = 0;
      try {
        storage?.setItem(key, JSON.stringify({ version: 1, at: confirmed, list: held }));
      } catch {}
    } else failures += 1;
    if (!page?.hidden) schedule();
  }

  function schedule(): void {
    const wait = Math.min(refreshSeconds * 2 ** failures, Math.max(300, refreshSeconds));
    timer = setTimeout(() => void refresh(), wait * 1000 * (0.9 + Math.random() / 5));
  }

  function onVisible(): void {
    if (page?.hidden) clearTimeout(timer);
    else void refresh();
  }

  function readStored(): void {
    try {
      const copy = JSON.parse(storage?.getItem(key) ?? "null");
      if (copy?.version === 1 && Number.isFinite(copy.at)) take(copy.list, copy.at);
    } catch {}
  }

  /** Believes `list`, or says why not. */
  function take(list: unknown, at: number | undefined): Outcome {
    if (!isFlagList(list)) return "malformed";
    if (environment !== undefined && list.environment !== environment) return "environment";
    if (held && list.updated_at < held.updated_at) return "older";
    const same = held && JSON.stringify(held.flags) === JSON.stringify(list.flags);
    held = list;
    confirmed = at;
    if (same) return "not_modified";
    flags = Object.freeze(Object.assign(Object.create(null), list.flags));
    return "ok";
  }

  function conclude(outcome: Outcome, isNews = false): void {
    const before = state;
    const failed = outcome !== "ok" && outcome !== "not_modified";
    const age =
      confirmed === undefined ? null : Math.max(0, Math.round((Date.now() - confirmed) / 1000));
    const next: State = failed
      ? { status: "stale", age, reason: outcome }
      : { status: "ready", age, reason: null };
    if (JSON.stringify(next) !== JSON.stringify(before)) state = next;
    settle();
    if (state !== before || isNews) notify();
  }

  function notify(): void {
    for (const listener of [...listeners]) {
      try {
        listener();
      } catch (error) {
        console.error(error);
      }
    }
  }
}

/** Where a page may not store anything, the mere mention of `localStorage` throws. */
function ownStorage(): FlagStorage | null {
  try {
    return globalThis.localStorage ?? null;
  } catch {
    return null;
  }
}
