/** The definitions that the client holds, for the parts of the page that show how flags are decided. */
import type { Definitions } from "../../schema/evaluate/definition.ts";
import type { Copy, FlagStorage } from "../core/types.ts";

export interface DefinitionStore {
  /** To pass to `createFlags()`: the client stores each copy that it accepts, with its definitions. */
  readonly storage: FlagStorage;
  /** The newest definitions; empty before the first copy. */
  current(): Definitions;
  /** Calls `listener` now, and after each new copy. */
  subscribe(listener: () => void): void;
}

export function createDefinitionStore(): DefinitionStore {
  const listeners = new Set<() => void>();
  let definitions: Definitions = { flags: {} };
  const read = (key: string, text: string | null) => {
    if (!key.startsWith("bunting1:") || text === null) return text;
    const copy: Partial<Copy> = JSON.parse(text);
    definitions = copy.definitions ?? definitions;
    for (const listener of listeners) listener();
    return text;
  };
  return {
    storage: {
      getItem: (key) => read(key, localStorage.getItem(key)),
      setItem: (key, text) => {
        read(key, text);
        localStorage.setItem(key, text);
      },
    },
    current: () => definitions,
    subscribe(listener) {
      listeners.add(listener);
      listener();
    },
  };
}
