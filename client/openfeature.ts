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
import type { Flags, State } from "./types.ts";

/** Answers OpenFeature's web SDK, and so its React and Angular SDKs, from `flags`, which it closes in the end. */
export class BuntingProvider implements Provider {
  readonly metadata = { name: "Bunting" };
  readonly runsOn = "client" as const;
  readonly events = new OpenFeatureEventEmitter();
  readonly #flags: Flags;
  #told: { readonly flags: Readonly<Record<string, boolean>>; readonly status: State["status"] };
  #stop = () => {};

  constructor(flags: Flags) {
    this.#flags = flags;
    this.#told = { flags: flags.all(), status: "ready" };
  }

  /** Settles as soon as there are flags to answer from, be they stored ones. */
  async initialize(): Promise<void> {
    const flags = this.#flags;
    await flags.ready;
    this.#stop();
    this.#stop = flags.subscribe(() => this.#tell());
    const { status, reason } = flags.state;
    const isEmpty = Object.keys(flags.all()).length === 0;
    this.#told = { flags: flags.all(), status: "ready" };
    if (status !== "ready" && isEmpty) {
      // The SDK says so itself; what comes later is news.
      this.#told = { flags: flags.all(), status: "stale" };
      throw new ProviderNotReadyError(`Cannot get any flags: ${reason}`);
    }
    // The SDK says that it is ready once this has settled; that the flags are stale comes after that.
    setTimeout(() => this.#tell());
  }

  async onClose(): Promise<void> {
    this.#stop();
    this.#flags.close();
  }

  /** No flag depends on a context, but the SDK takes any provider for ready after this. */
  onContextChange(): void {
    this.#told = { ...this.#told, status: "ready" };
    setTimeout(() => this.#tell());
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

  #mismatch<T>(name: string, fallback: T, wanted: string): ResolutionDetails<T> {
    if (this.#flags.all()[name] === undefined) return missing(name, fallback);
    const message = `Cannot read "${name}" as ${wanted}: it is true or false`;
    return failed(fallback, ErrorCode.TYPE_MISMATCH, message);
  }

  /** Says what is new since it last said something. */
  #tell(): void {
    const before = this.#told;
    const { status } = this.#flags.state;
    const flags = this.#flags.all();
    this.#told = { flags, status };
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
