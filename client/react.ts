import {
  createContext,
  createElement,
  type ReactNode,
  useContext,
  useSyncExternalStore,
} from "react";
import type { Flags, FlagValues, State } from "./core/types.ts";
import type { FlagName } from "./flags.ts";
import type { VariantName } from "./rules/variant-types.ts";
import type { RuleFlags } from "./rules.ts";

/** `variant` and `peek` are there with `bunting/client/rules` only. */
type Provided = Pick<Flags, "isEnabled" | "all" | "bootstrap" | "subscribe" | "state"> &
  Partial<Pick<RuleFlags, "variant" | "peek">>;

const noFlags: FlagValues = Object.create(null);
const loading: State = { status: "loading", age: null, reason: null };
/** What components read if no `<FlagsProvider>` with flags is above them: the page still renders. */
const withoutProvider: Provided = {
  isEnabled: (_name, fallback = false) => fallback,
  all: () => noFlags,
  bootstrap: noFlags,
  subscribe: () => {
    console.warn("Cannot read flags: there is no <FlagsProvider flags={flags}> above");
    withoutProvider.subscribe = () => () => {};
    return () => {};
  },
  state: loading,
};
const Context = createContext(withoutProvider);

/** Provides `flags` to the components below. Create `flags` once, outside of components. */
export function FlagsProvider(props: { readonly flags: Flags; readonly children?: ReactNode }) {
  return createElement(Context.Provider, { value: props.flags ?? withoutProvider }, props.children);
}

/**
 * Whether the flag is on; `fallback` if it is unknown. The component renders again when this flag changes,
 * not when others do. On a server and during hydration only the bootstrap counts, so both render the same.
 */
export function useFlag(name: FlagName, fallback = false): boolean {
  const flags = useContext(Context);
  // Counts one evaluation for each render. React calls the functions below more often than that.
  flags.isEnabled(name, fallback);
  return useSyncExternalStore(
    flags.subscribe,
    () => flags.all()[name] ?? fallback,
    () => flags.bootstrap[name] ?? fallback,
  );
}

/**
 * The name of the caller's variant, `on` or `off` for a boolean flag; `fallback` if the flag is unknown.
 * Needs flags of `bunting/client/rules`: with others, and on a server, it is `fallback`.
 */
export function useVariant<Name extends FlagName>(
  name: Name,
  fallback: VariantName<Name>,
): VariantName<Name> {
  const flags = useContext(Context);
  // Counts one evaluation, and one exposure at most, for each render.
  flags.variant?.(name, fallback);
  return useSyncExternalStore(
    flags.subscribe,
    () => (flags.peek?.(name, undefined).variant ?? fallback) as VariantName<Name>,
    () => fallback,
  );
}

/** All known flags. The component renders again when any of them changes. */
export function useFlags(): FlagValues {
  const flags = useContext(Context);
  return useSyncExternalStore(flags.subscribe, flags.all, () => flags.bootstrap);
}

/** Whether the flags are loading, ready or stale, and why. */
export function useFlagsState(): State {
  const flags = useContext(Context);
  return useSyncExternalStore(
    flags.subscribe,
    () => flags.state,
    () => loading,
  );
}
