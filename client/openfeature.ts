import {
  ErrorCode,
  type EvaluationContext,
  type JsonValue,
  OpenFeatureEventEmitter,
  type Provider,
  ProviderEvents,
  ProviderNotReadyError,
  type ResolutionDetails,
  StandardResolutionReasons,
} from "@openfeature/web-sdk";
import { explainTypeMismatch } from "./core/type-mismatch.ts";
import type { Flags, State } from "./core/types.ts";
import type { Evaluation, RuleFlags } from "./rules.ts";

/** Everything that an evaluation can return, by flag. */
type Snapshot = Readonly<Record<string, unknown>>;

/**
 * Provides `flags` to OpenFeature's web SDK, and so to its React and Angular SDKs. Flags of
 * `bunting/client/rules` have every type and depend on OpenFeature's context; those of `bunting/client`
 * are booleans. When OpenFeature closes the provider, the provider closes `flags`. It may be set again
 * after that.
 */
export class BuntingProvider implements Provider {
  readonly metadata = { name: "Bunting" };
  readonly runsOn = "client" as const;
  readonly events = new OpenFeatureEventEmitter();
  readonly #flags: Flags;
  readonly #rules: RuleFlags | undefined;
  /** What the last events announced. */
  #announced: { readonly snapshot: Snapshot; readonly status: State["status"] };
  #unsubscribe = () => {};
  /** Whether OpenFeature uses this provider now. */
  #isOpen = false;

  /** Throws if JavaScript passes no flags. */
  constructor(flags: Flags | RuleFlags) {
    if (!flags) {
      const fix = "Pass them: new BuntingProvider(createFlags({ url }))";
      throw new TypeError(`Cannot provide flags: there are none. ${fix}`);
    }
    this.#flags = flags;
    this.#rules = "setContext" in flags ? flags : undefined;
    this.#announced = { snapshot: Object.create(null), status: "ready" };
  }

  /** Resolves when there are flags, stored ones included. */
  async initialize(context?: EvaluationContext): Promise<void> {
    const flags = this.#flags;
    this.#isOpen = true;
    if (context) this.#rules?.setContext(context);
    // React's StrictMode sets a provider, replaces it and sets it again: then it starts again.
    flags.start();
    await flags.ready;
    // The first of two calls waits for the flags of the second one.
    if (this.#isOpen) await flags.ready;
    if (!this.#isOpen) {
      throw new ProviderNotReadyError("Cannot get any flags: OpenFeature closed the provider");
    }
    const { status, reason } = flags.state;
    const isUnusable = status !== "ready" && Object.keys(flags.all()).length === 0;
    this.#listen(isUnusable ? status : "ready");
    if (isUnusable) throw new ProviderNotReadyError(`Cannot get any flags: ${reason}`);
  }

  async onClose(): Promise<void> {
    this.#isOpen = false;
    this.#unsubscribe();
    this.#flags.close();
  }

  /** The SDK announces the new context, and marks every provider as ready after it. */
  onContextChange(_old: EvaluationContext, context: EvaluationContext): void {
    this.#unsubscribe();
    this.#rules?.setContext(context);
    this.#listen("ready");
  }

  resolveBooleanEvaluation(name: string, fallback: boolean): ResolutionDetails<boolean> {
    return this.#resolve(name, fallback);
  }

  resolveStringEvaluation(name: string, fallback: string): ResolutionDetails<string> {
    return this.#resolve(name, fallback);
  }

  resolveNumberEvaluation(name: string, fallback: number): ResolutionDetails<number> {
    return this.#resolve(name, fallback);
  }

  resolveObjectEvaluation<T extends JsonValue>(name: string, fallback: T): ResolutionDetails<T> {
    return this.#resolve(name, fallback);
  }

  #resolve<T extends JsonValue>(name: string, fallback: T): ResolutionDetails<T> {
    const evaluation = this.#rules?.evaluate(name, fallback) ?? this.#evaluatePlain(name, fallback);
    const { value, variant, reason, rule, errorCode } = evaluation;
    if (errorCode) {
      const errorMessage =
        errorCode === "FLAG_NOT_FOUND"
          ? `Cannot find a flag "${name}"`
          : explainTypeMismatch(name, fallback, this.#valueOf(name));
      return { value, reason, errorCode: ErrorCode[errorCode], errorMessage };
    }
    const isStale = this.#flags.state.status === "stale";
    return {
      value,
      reason: isStale ? StandardResolutionReasons.STALE : reason,
      ...(variant === undefined ? {} : { variant }),
      ...(rule === undefined ? {} : { flagMetadata: { rule } }),
    };
  }

  #evaluatePlain<T>(name: string, fallback: T): Evaluation<T> {
    const isOn = this.#flags.isEnabled(name);
    const reason = StandardResolutionReasons.ERROR;
    const isKnown = this.#flags.all()[name] !== undefined;
    if (!isKnown) return { value: fallback, reason, errorCode: "FLAG_NOT_FOUND" };
    return typeof fallback === "boolean"
      ? { value: isOn as T, variant: isOn ? "on" : "off", reason: "STATIC" }
      : { value: fallback, reason, errorCode: "TYPE_MISMATCH" };
  }

  #valueOf(name: string): unknown {
    return this.#rules?.peek(name, undefined).value ?? this.#flags.all()[name];
  }

  #snapshot(): Snapshot {
    const snapshot: Record<string, unknown> = Object.create(null);
    for (const [name, isOn] of Object.entries(this.#flags.all())) {
      const evaluation = this.#rules?.peek(name, undefined);
      snapshot[name] = JSON.stringify(evaluation ? [evaluation.value, evaluation.variant] : isOn);
    }
    return snapshot;
  }

  /** The SDK announces `status` after the current call. The provider announces what changes after that. */
  #listen(status: State["status"]): void {
    this.#unsubscribe();
    this.#unsubscribe = this.#flags.subscribe(() => this.#announce());
    this.#announced = { snapshot: this.#snapshot(), status };
    // After the SDK's event, because STALE must follow READY.
    setTimeout(() => {
      if (this.#isOpen) this.#announce();
    });
  }

  /** Emits events for what has changed since the last ones. */
  #announce(): void {
    const before = this.#announced;
    const { status } = this.#flags.state;
    const snapshot = this.#snapshot();
    this.#announced = { snapshot, status };
    const flagsChanged = Object.keys({ ...before.snapshot, ...snapshot }).filter(
      (name) => before.snapshot[name] !== snapshot[name],
    );
    if (flagsChanged.length > 0) {
      this.events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged });
    }
    if (status === before.status) return;
    this.events.emit(status === "ready" ? ProviderEvents.Ready : ProviderEvents.Stale);
  }
}
