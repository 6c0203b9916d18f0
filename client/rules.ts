/**
 * Flags that depend on the caller: percentages, rules and variants, evaluated in the page. The
 * definitions come with the list, from the same CDN or server, and are stored and sent to other tabs
 * together with it.
 */
import type { Compare } from "../schema/evaluate/compare.ts";
import { type Context, textOf } from "../schema/evaluate/context.ts";
import type { Definitions } from "../schema/evaluate/definition.ts";
import {
  answer,
  booleans,
  decide,
  type Evaluation as Result,
} from "../schema/evaluate/evaluate.ts";
import { attempt } from "./core/attempt.ts";
import { timeoutMs } from "./core/limits.ts";
import { FROM_PEER_TAB, type Origin } from "./core/origin.ts";
import type { Copy, Flags, FlagValues, Options } from "./core/types.ts";
import { keepIfEqual, notify, withoutPrototype } from "./core/values.ts";
import { createFlags as createPlainFlags, type FlagName } from "./flags.ts";
import { downloadBoth } from "./rules/download-both.ts";
import { withId } from "./rules/random-id.ts";
import type { FlagValue, VariantName } from "./rules/variant-types.ts";

export type { Context } from "../schema/evaluate/context.ts";

export interface RuleOptions extends Options {
  /** Says in the code what this client does. It is the same without it. */
  readonly rules?: true;
  /** What is known about the caller: attributes, and the id as `targetingKey`. */
  readonly context?: Context;
  /** Whether a caller without `targetingKey` gets a random id, which is stored. Default: true. */
  readonly randomId?: boolean | undefined;
  /** Is called once for each variant that a rule or a percentage gives to a caller. */
  readonly onExposure?: ((name: string, variant: string, context: Context) => void) | undefined;
}

/** Flags for one caller. All methods of `Flags` use the rules. */
export interface RuleFlags<Name extends string = string> extends Flags<Name> {
  /** Replaces the context. Listeners are called if a flag changes. */
  setContext(context: Context): void;
  /** The name of the caller's variant, `on` or `off` for a boolean flag; `fallback` if the flag is unknown. */
  variant<Own extends Name, Fallback extends VariantName<Own> | undefined>(
    name: Own,
    fallback: Fallback,
  ): VariantName<Own> | Fallback;
  /** The value for the caller with its reason; `fallback` if the flag is unknown or has another type. */
  evaluate<Own extends Name, Value>(
    name: Own,
    fallback: Value & (FlagValue<Own> | undefined),
  ): Evaluation<Value>;
  /** As `evaluate()`, without counting an evaluation and without `onExposure`. */
  peek<Value>(name: Name, fallback: Value): Evaluation<Value>;
}

/** An answer in OpenFeature's terms. */
export interface Evaluation<Value> {
  readonly value: Value;
  /** Missing if there is an `errorCode`. */
  readonly variant?: string | undefined;
  readonly reason: Result["reason"];
  /** The name of the rule that decided. */
  readonly rule?: string | undefined;
  readonly errorCode?: "FLAG_NOT_FOUND" | "TYPE_MISMATCH" | undefined;
}

/**
 * The flags of one URL for one caller.
 *
 * @example
 * const flags = createFlags({ url, rules: true, context: { targetingKey: user.id, country: "SE" } });
 * await flags.ready;
 * flags.evaluate("button_color", "#00aa77").value;
 */
export function createFlags<Name extends string = FlagName>(options: RuleOptions): RuleFlags<Name>;
export function createFlags<Name extends string = FlagName>(
  // If JavaScript passes none, the console says that there is no URL.
  options = {} as RuleOptions,
): RuleFlags<Name> {
  let { context, onExposure } = options;
  const exposures = new Set<string>();
  let definitions: Definitions | null = null;
  /** The evaluation of each flag for `context`. */
  let results: Readonly<Record<string, Result | undefined>> = withoutPrototype({});
  /** Missing until a rule compares. Resolves when `compare.js` is loaded or has failed, or after `timeoutMs`. */
  let loading: Promise<void> | undefined;
  let hasWarned = false;
  /**
   * Until `compare.js` is loaded, a boolean flag whose rules compare has the boolean of the list, and
   * a flag with variants the fallback.
   */
  let compare: Compare = () => {
    loading ??= new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      void import("./rules/compare.ts")
        .then(
          (loaded) => {
            compare = loaded.compare;
            core.reread();
          },
          (error) => {
            loading = undefined;
            if (!hasWarned) console.warn("Bunting: cannot load compare.js", error);
            hasWarned = true;
          },
        )
        // Node does not exit while a timer is pending.
        .then(() => resolve(clearTimeout(timer)));
    });
    throw loading;
  };
  const core = createPlainFlags<Name>(options, downloadBoth, evaluateAll);

  return {
    __proto__: core,
    get ready() {
      return core.ready.then(() => loading);
    },
    isEnabled(name, fallback = false) {
      evaluate(name, fallback);
      return core.all()[name] ?? fallback;
    },
    evaluate,
    variant: (name, fallback) => evaluate(name, undefined).variant ?? fallback,
    peek,
    setContext(next) {
      context = next;
      core.reread();
    },
  } as Partial<RuleFlags<Name>> as RuleFlags<Name>;

  /** Counts the evaluation, and reports it to `onExposure`. */
  function evaluate<Value>(name: Name, fallback: Value): Evaluation<Value> {
    core.isEnabled(name);
    const evaluation = peek(name, fallback);
    const { variant, reason } = evaluation;
    if (onExposure && (reason === "SPLIT" || reason === "TARGETING_MATCH")) {
      const exposure = `${name} ${variant} ${textOf(context)}`;
      if (!exposures.has(exposure)) {
        exposures.add(exposure);
        notify([() => onExposure(name, variant as string, context)]);
      }
    }
    return evaluation;
  }

  function peek<Value>(name: Name, fallback: Value): Evaluation<Value> {
    const result = results[name];
    const isExpected = fallback === undefined || typeof result?.value === typeof fallback;
    if (result && isExpected) return result as Evaluation<Value>;
    const errorCode = result ? "TYPE_MISMATCH" : "FLAG_NOT_FOUND";
    return { value: fallback, reason: "ERROR", errorCode };
  }

  /** Evaluates all flags of a copy for the caller. Returns the booleans. */
  function evaluateAll(copy: Copy, old: FlagValues, origin?: Origin): FlagValues {
    // A copy from the event stream, or from a tab without rules, has no definitions.
    if (origin === FROM_PEER_TAB && copy.definitions === undefined) void core.refresh();
    // Held definitions are kept, and stored again, if there are no new ones.
    definitions = copy.definitions ??= definitions;
    const values: Record<string, boolean> = withoutPrototype(copy.flags);
    const next: Record<string, Result | undefined> = withoutPrototype({});
    for (const name in values) next[name] = answer(booleans[values[name] ? 1 : 0], "STATIC");
    // Without definitions no id is needed, so none is stored.
    if (definitions) context = withId(context, options);
    for (const name in definitions?.flags) {
      const result = attempt(() => decide(compare, definitions as Definitions, name, context));
      // The boolean of the list is no variant of a flag that declares its own.
      if (result || definitions?.flags[name]?.variants) next[name] = result;
      if (typeof result?.value === "boolean") values[name] = result.value;
    }
    if (keepIfEqual(results, next) === results) return old;
    results = next;
    return values;
  }
}
