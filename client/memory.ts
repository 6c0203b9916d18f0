/** Flags for the tests of an application: no network, no clock, the same interface. */
import type { Flags, State } from "./types.ts";

export interface MemoryFlags<Name extends string = string> extends Flags<Name> {
  /** Turns a flag on or off, as a change at the source would, and tells who listens. */
  set(name: Name, enabled: boolean): void;
}

const state: State = { status: "ready", age: 0, reason: null };

export function createMemoryFlags<Name extends string = string>(
  initial?: Readonly<Partial<Record<NoInfer<Name>, boolean>>>,
): MemoryFlags<Name> {
  const listeners = new Set<() => void>();
  const settled = Promise.resolve();
  let flags: Readonly<Record<string, boolean>> = freeze(initial ?? {});
  return {
    isEnabled: (name, fallback = false) => flags[name] ?? fallback,
    all: () => flags,
    bootstrap: flags,
    subscribe(listener) {
      const entry = () => listener();
      listeners.add(entry);
      return () => void listeners.delete(entry);
    },
    ready: settled,
    refresh: () => settled,
    close: () => listeners.clear(),
    state,
    set(name, enabled) {
      if (flags[name] === enabled) return;
      flags = freeze({ ...flags, [name]: enabled });
      for (const listener of [...listeners]) listener();
    },
  };
}

function freeze(flags: object): Readonly<Record<string, boolean>> {
  return Object.freeze(Object.assign(Object.create(null), flags));
}
