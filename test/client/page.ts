/** The parts of a browser that `createFlags()` uses. Tests in a real browser are in `test/browser`. */
import { setMaxListeners } from "node:events";
import { vi } from "vitest";

export interface Page {
  /** Shows or hides the page. */
  show(isVisible: boolean): void;
  goOnline(): void;
  /** The number of listeners on the window. */
  listeners(): number;
  [Symbol.dispose](): void;
}

/** Makes this process look like a page. All its clients are in that page. */
export function openPage(hasLocks = true): Page {
  const target = new EventTarget();
  const document = Object.assign(new EventTarget(), { hidden: false });
  setMaxListeners(0, target, document);
  let listeners = 0;
  const add = (type: string, listener: () => void, options: { signal: AbortSignal }) => {
    listeners += 1;
    options.signal.addEventListener("abort", () => {
      listeners -= 1;
    });
    target.addEventListener(type, listener, { signal: options.signal });
  };
  vi.stubGlobal("document", document);
  vi.stubGlobal("addEventListener", add);
  vi.stubGlobal("navigator", {
    ...(hasLocks ? { locks: new Locks() } : {}),
    sendBeacon: () => true,
  });
  return {
    show(isVisible) {
      document.hidden = !isVisible;
      target.dispatchEvent(new Event("visibilitychange"));
      document.dispatchEvent(new Event("visibilitychange"));
    },
    goOnline: () => void target.dispatchEvent(new Event("online")),
    listeners: () => listeners,
    [Symbol.dispose]: () => void vi.unstubAllGlobals(),
  };
}

type Work = (lock: object | null) => unknown;

/** The used part of Web Locks: one holder per name. Others wait, or see with `ifAvailable` that it is taken. */
export class Locks {
  readonly #last = new Map<string, Promise<unknown>>();
  readonly #pending = new Map<string, number>();

  async request(
    name: string,
    options: { ifAvailable?: boolean; signal?: AbortSignal },
    work: Work,
  ): Promise<unknown> {
    const pending = this.#pending.get(name) ?? 0;
    if (options.ifAvailable && pending > 0) return work(null);
    this.#pending.set(name, pending + 1);
    const turn = (this.#last.get(name) ?? Promise.resolve()).then(async () => {
      try {
        options.signal?.throwIfAborted();
        return await work({ name });
      } finally {
        this.#pending.set(name, (this.#pending.get(name) ?? 0) - 1);
      }
    });
    this.#last.set(
      name,
      turn.catch(() => {}),
    );
    return turn;
  }
}
