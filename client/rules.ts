/**
 * Flags that depend on the caller: percentages, rules and variants, evaluated in the page. The
 * definitions come with the list, from the same CDN or server, and are stored and sent to other tabs
 * together with it.
 */
import type { Context } from "../schema/evaluate/context.ts";
import type { Definitions } from "../schema/evaluate/definition.ts";
import {
  evaluate as evaluateFlag,
  type Evaluation as Result,
} from "../schema/evaluate/evaluate.ts";
import { attempt } from "./attempt.ts";
import { downloadDefinitions } from "./definitions.ts";
import { download } from "./download.ts";
import {
  createFlags as createPlainFlags,
  type FlagName,
  type FlagValue,
  type VariantName,
} from "./flags.ts";
import { readRandomId } from "./random-id.ts";
import type { Copy, Flags, FlagValues, Options } from "./types.ts";
import { keepIfEqual, notify, withoutPrototype } from "./values.ts";

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
  /** All evaluations, for flags that have a definition. The same object until one changes. */
  evaluations(): Readonly<Record<string, Evaluation<unknown>>>;
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
export function createFlags<Name extends string = FlagName>(options: RuleOptions): RuleFlags<Name> {
  const { storage = attempt(() => localStorage), onExposure } = options;
  const listeners = new Set<() => void>();
  const exposures = new Set<string>();
  let { context } = options;
  let caller = context;
  let definitions: Definitions | undefined;
  /** The evaluation of each definition for `caller`. */
  let results: Readonly<Record<string, Result>> = withoutPrototype({});
  /** Every boolean for `caller`, and what it was made from. */
  let values: FlagValues = withoutPrototype({});
  let sources: readonly unknown[] = [];
  let announced: readonly unknown[] = [];
  let isCreated = false;
  const core = createPlainFlags<Name>({ ...options, storage: { getItem, setItem } }, fetchBoth);
  isCreated = true;

  return {
    isEnabled(name, fallback = false) {
      // The list has a boolean for a flag with other values, too.
      const isBoolean = typeof results[name]?.value === "boolean";
      return isBoolean ? evaluate(name, fallback).value : core.isEnabled(name, fallback);
    },
    variant: (name, fallback) => (evaluate(name, undefined).variant ?? fallback) as typeof fallback,
    evaluate,
    peek,
    evaluations: () => results as ReturnType<RuleFlags["evaluations"]>,
    all,
    setContext(next) {
      context = next;
      evaluateAll();
    },
    subscribe(listener) {
      core.subscribe(announce);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    refresh: core.refresh,
    start: core.start,
    close: core.close,
    get bootstrap() {
      return core.bootstrap;
    },
    get ready() {
      return core.ready;
    },
    get state() {
      return core.state;
    },
  };

  /** Counts the evaluation, and reports it to `onExposure`. */
  function evaluate<Value>(name: Name, fallback: Value): Evaluation<Value> {
    core.isEnabled(name);
    const evaluation = peek(name, fallback);
    const { variant, reason } = evaluation;
    const exposure = `${name} ${variant} ${String(caller?.targetingKey)}`;
    const isGiven = reason === "SPLIT" || reason === "TARGETING_MATCH";
    if (isGiven && variant && onExposure && !exposures.has(exposure)) {
      exposures.add(exposure);
      notify([() => onExposure(name, variant, caller)]);
    }
    return evaluation;
  }

  function peek<Value>(name: Name, fallback: Value): Evaluation<Value> {
    const isOn = core.all()[name];
    let result: Partial<Result> | undefined = results[name];
    // There is no definition, for example of a private flag, or it cannot be read.
    if (result?.variant === undefined && isOn !== undefined) {
      result = { value: isOn, variant: isOn ? "on" : "off", reason: "STATIC" };
    }
    if (result?.variant === undefined) return failed(fallback, "FLAG_NOT_FOUND");
    const isExpected = fallback === undefined || typeof result.value === typeof fallback;
    return isExpected ? (result as Evaluation<Value>) : failed(fallback, "TYPE_MISMATCH");
  }

  function all(): FlagValues {
    const plain = core.all();
    if (sources[0] !== plain || sources[1] !== results) {
      sources = [plain, results];
      const found = Object.entries(results).map(([name, { value }]) => [name, value]);
      const booleans = found.filter(([, value]) => typeof value === "boolean");
      values = keepIfEqual(values, withoutPrototype({ ...plain, ...Object.fromEntries(booleans) }));
    }
    return values;
  }

  function getItem(key: string): string | null {
    return storage?.getItem(key) ?? null;
  }

  /** The core stores each copy that it accepts. So this is where definitions arrive. */
  function setItem(key: string, text: string): void {
    const copy: Partial<Copy> = JSON.parse(text);
    definitions = copy.definitions ?? definitions;
    evaluateAll();
    // A copy from the event stream, or from a tab without rules, has none.
    if (isCreated && !("definitions" in copy)) void core.refresh();
    storage?.setItem(key, text);
  }

  async function fetchBoth(_: Options, closing: AbortSignal): Promise<Partial<Copy>> {
    const [list, other] = await Promise.all([
      download(options, closing),
      downloadDefinitions(options, closing),
    ]);
    return {
      ...list,
      failure: list.failure || other.failure,
      definitions: other.definitions ?? definitions ?? null,
    };
  }

  function evaluateAll(): void {
    const known = definitions;
    if (!known) return;
    const isAnonymous = options.randomId !== false && !context?.targetingKey;
    caller = isAnonymous ? { ...context, targetingKey: readRandomId(storage) } : context;
    const names = Object.keys(known.flags);
    const next = names.map((name) => [name, evaluateFlag(known, name, caller)]);
    results = keepIfEqual(results, withoutPrototype(Object.fromEntries(next)));
    if (isCreated) announce();
  }

  function announce(): void {
    const current = [core.state, core.all(), results];
    if (current.every((one, at) => one === announced[at])) return;
    announced = current;
    notify(listeners);
  }
}

function failed<Value>(value: Value, errorCode: Evaluation<Value>["errorCode"]): Evaluation<Value> {
  return { value, reason: "ERROR", errorCode };
}
