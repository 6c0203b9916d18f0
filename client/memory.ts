/** Flags for an application's tests: the interface of `createFlags()` without network, storage and clock. */
import type { Flags, FlagValues, State } from "./core/types.ts";
import { notify, withoutPrototype } from "./core/values.ts";
import type { FlagName } from "./flags.ts";

export interface MemoryFlags<Name extends string = string> extends Flags<Name> {
  /** Turns a flag on or off and calls the listeners, as a change at the source does. */
  set(name: Name, enabled: boolean): void;
}

const state: State = { status: "ready", age: 0, reason: null };

export function createMemoryFlags<Name extends string = FlagName>(
  initial?: Readonly<Partial<Record<NoInfer<Name>, boolean>>>,
): MemoryFlags<Name> {
  const listeners = new Set<() => void>();
  const resolved = Promise.resolve();
  let flags = freeze(initial ?? {});
  return {
    isEnabled: (name, fallback = false) => flags[name] ?? fallback,
    all: () => flags,
    bootstrap: flags,
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    ready: resolved,
    refresh: () => resolved,
    start: () => {},
    close: () => listeners.clear(),
    state,
    set(name, enabled) {
      if (flags[name] === enabled) return;
      flags = freeze({ ...flags, [name]: enabled });
      notify(listeners);
    },
  };
}

function freeze(flags: object): FlagValues {
  return Object.freeze(withoutPrototype(flags as FlagValues));
}
