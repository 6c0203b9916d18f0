import {
  createContext,
  createElement,
  type ReactNode,
  useContext,
  useSyncExternalStore,
} from "react";
import type { Flags, State } from "./types.ts";

const none: Readonly<Record<string, boolean>> = Object.create(null);
const unknown: State = { status: "loading", age: null, reason: null };
/** What there is to read where nobody provides flags: a page does not break for that. */
const absent: Pick<Flags, "isEnabled" | "all" | "bootstrap" | "subscribe" | "state"> = {
  isEnabled: (_name, fallback = false) => fallback,
  all: () => none,
  bootstrap: none,
  subscribe: () => {
    console.warn("Cannot read flags: there is no <FlagsProvider> above");
    absent.subscribe = () => () => {};
    return () => {};
  },
  state: unknown,
};
const Context = createContext(absent);

/** Hands `flags`, which are made once and outside of components, to the components below. */
export function FlagsProvider(props: { readonly flags: Flags; readonly children?: ReactNode }) {
  return createElement(Context.Provider, { value: props.flags }, props.children);
}

/**
 * Whether the flag is on. The component renders anew when this flag changes, and for no other.
 * On a server, and where its HTML is taken over, the bootstrap alone counts, so that both are the same.
 */
export function useFlag(name: string, fallback = false): boolean {
  const flags = useContext(Context);
  // React compares far more often than a component asks: only the latter is counted.
  flags.isEnabled(name, fallback);
  return useSyncExternalStore(
    flags.subscribe,
    () => flags.all()[name] ?? fallback,
    () => flags.bootstrap[name] ?? fallback,
  );
}

/** Every flag that is known. The component renders anew when any of them changes. */
export function useFlags(): Readonly<Record<string, boolean>> {
  const flags = useContext(Context);
  return useSyncExternalStore(flags.subscribe, flags.all, () => flags.bootstrap);
}

/** Whether the flags are loading, ready or stale, and why. */
export function useFlagsState(): State {
  const flags = useContext(Context);
  return useSyncExternalStore(
    flags.subscribe,
    () => flags.state,
    () => unknown,
  );
}
