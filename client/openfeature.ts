import {
  ErrorCode,
  type JsonValue,
  OpenFeatureEventEmitter,
  type Provider,
  ProviderEvents,
  ProviderNotReadyError,
  type ResolutionDetails,
  StandardResolutionReasons,
} from "@openfeature/web-sdk";
import type { Flags, FlagValues, State } from "./types.ts";

/**
 * Provides `flags` to OpenFeature's web SDK, and so to its React and Angular SDKs. When OpenFeature closes
 * the provider, the provider closes `flags`. It may be set again after that.
 */
export class BuntingProvider implements Provider {
  readonly metadata = { name: "Bunting" };
  readonly runsOn = "client" as const;
  readonly events = new OpenFeatureEventEmitter();
  readonly #flags: Flags;
  /** What the last events said. */
  #announced: { readonly flags: FlagValues; readonly status: State["status"] };
  #unsubscribe = () => {};
  /** Whether OpenFeature uses this provider now. */
  #isOpen = false;

  constructor(flags: Flags) {
    this.#flags = flags;
    this.#announced = { flags: {}, status: "ready" };
  }

  /** Resolves when there are flags, stored ones included. */
  async initialize(): Promise<void> {
    const flags = this.#flags;
    this.#isOpen = true;
    // React's StrictMode sets a provider, replaces it and sets it again: then it starts again.
    flags.start();
    await flags.ready;
    // The first of two calls waits for the flags of the second one.
    if (this.#isOpen) await flags.ready;
    if (!this.#isOpen)
      throw new ProviderNotReadyError("Cannot get any flags: OpenFeature closed the provider");
    this.#unsubscribe();
    this.#unsubscribe = flags.subscribe(() => this.#announce());
    const { status, reason } = flags.state;
    const isEmpty = Object.keys(flags.all()).length === 0;
    this.#announced = { flags: flags.all(), status: "ready" };
    if (status !== "ready" && isEmpty) {
      // The SDK announces the error. The provider announces when this changes.
      this.#announced = { flags: flags.all(), status: "stale" };
      throw new ProviderNotReadyError(`Cannot get any flags: ${reason}`);
    }
    // The SDK announces READY after this promise. STALE must come later than that.
    this.#announceLater();
  }

  async onClose(): Promise<void> {
    this.#isOpen = false;
    this.#unsubscribe();
    this.#flags.close();
  }

  /** No flag depends on the context, but the SDK marks every provider as ready after a change of it. */
  onContextChange(): void {
    this.#announced = { ...this.#announced, status: "ready" };
    this.#announceLater();
  }

  resolveBooleanEvaluation(name: string, fallback: boolean): ResolutionDetails<boolean> {
    const value = this.#flags.isEnabled(name, fallback);
    if (this.#flags.all()[name] === undefined) return missing(name, fallback);
    const { STALE, STATIC } = StandardResolutionReasons;
    const reason = this.#flags.state.status === "stale" ? STALE : STATIC;
    return { value, variant: value ? "on" : "off", reason };
  }

  resolveStringEvaluation(name: string, fallback: string): ResolutionDetails<string> {
    return this.#mismatch(name, fallback, "a string");
  }

  resolveNumberEvaluation(name: string, fallback: number): ResolutionDetails<number> {
    return this.#mismatch(name, fallback, "a number");
  }

  resolveObjectEvaluation<T extends JsonValue>(name: string, fallback: T): ResolutionDetails<T> {
    return this.#mismatch(name, fallback, "an object");
  }

  #mismatch<T>(name: string, fallback: T, expected: string): ResolutionDetails<T> {
    if (this.#flags.all()[name] === undefined) return missing(name, fallback);
    const message = `Cannot read "${name}" as ${expected}: it is true or false`;
    return failed(fallback, ErrorCode.TYPE_MISMATCH, message);
  }

  #announceLater(): void {
    setTimeout(() => {
      if (this.#isOpen) this.#announce();
    });
  }

  /** Emits events for what has changed since the last ones. */
  #announce(): void {
    const before = this.#announced;
    const { status } = this.#flags.state;
    const flags = this.#flags.all();
    this.#announced = { flags, status };
    const flagsChanged = Object.keys({ ...before.flags, ...flags }).filter(
      (name) => before.flags[name] !== flags[name],
    );
    if (flagsChanged.length > 0) {
      this.events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged });
    }
    if (status === before.status) return;
    this.events.emit(status === "ready" ? ProviderEvents.Ready : ProviderEvents.Stale);
  }
}

function missing<T>(name: string, fallback: T): ResolutionDetails<T> {
  return failed(fallback, ErrorCode.FLAG_NOT_FOUND, `Cannot find a flag "${name}"`);
}

function failed<T>(value: T, errorCode: ErrorCode, errorMessage: string): ResolutionDetails<T> {
  return { value, reason: StandardResolutionReasons.ERROR, errorCode, errorMessage };
}
