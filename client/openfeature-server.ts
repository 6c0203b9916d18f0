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
} from "@openfeature/server-sdk";
import type { Definitions } from "../schema/evaluate/definition.ts";
import { evaluate } from "../schema/evaluate/evaluate.ts";
import { explainTypeMismatch } from "./core/type-mismatch.ts";
import { findChangedFlags } from "./provider/changed-flags.ts";
import { createFeed } from "./provider/create-feed.ts";
import type { DefinitionsFeed } from "./provider/feed.ts";
import type { ServerProviderOptions } from "./provider/options.ts";

export type { DirectoryOptions, ServerProviderOptions, UrlOptions } from "./provider/options.ts";

/**
 * Provides flags to OpenFeature's server SDK. Reads the definitions of an environment, keeps them up to
 * date, and evaluates them in this process.
 *
 * @example
 * const url = "https://cdn.example.com/v1/definitions.json";
 * await OpenFeature.setProviderAndWait(new BuntingServerProvider({ url }));
 */
export class BuntingServerProvider implements Provider {
  readonly metadata = { name: "Bunting" };
  readonly runsOn = "server" as const;
  readonly events = new OpenFeatureEventEmitter();
  readonly #feed: DefinitionsFeed;
  /** What the last events announced. */
  #announced: { readonly definitions: Definitions | undefined; readonly isStale: boolean };
  /** Missing while OpenFeature does not use this provider. */
  #closing: AbortController | undefined;
  #isReady = false;

  /** If JavaScript passes neither `url` nor `directory`, `initialize()` says so. */
  constructor(options: ServerProviderOptions) {
    this.#feed = createFeed(options ?? {}, () => this.#announce());
    this.#announced = { definitions: undefined, isStale: false };
  }

  /** Resolves when there are definitions, stored ones included. */
  async initialize(): Promise<void> {
    this.#closing?.abort();
    const closing = new AbortController();
    this.#closing = closing;
    this.#isReady = false;
    await this.#feed.start(closing.signal);
    if (closing.signal.aborted) {
      throw new ProviderNotReadyError("Cannot provide flags: OpenFeature closed the provider");
    }
    const { definitions, failure } = this.#feed;
    // The SDK announces READY or the error. The provider announces what changes after that.
    this.#announced = { definitions, isStale: definitions === undefined };
    this.#isReady = true;
    if (!definitions) throw new ProviderNotReadyError(failure);
    setTimeout(() => this.#announce());
  }

  async onClose(): Promise<void> {
    this.#closing?.abort();
    this.#closing = undefined;
    this.#isReady = false;
  }

  async resolveBooleanEvaluation(name: string, fallback: boolean, context: EvaluationContext) {
    return this.#resolve(name, fallback, context);
  }

  async resolveStringEvaluation(name: string, fallback: string, context: EvaluationContext) {
    return this.#resolve(name, fallback, context);
  }

  async resolveNumberEvaluation(name: string, fallback: number, context: EvaluationContext) {
    return this.#resolve(name, fallback, context);
  }

  async resolveObjectEvaluation<T extends JsonValue>(
    name: string,
    fallback: T,
    context: EvaluationContext,
  ) {
    return this.#resolve(name, fallback, context);
  }

  #resolve<T>(name: string, fallback: T, context: EvaluationContext): ResolutionDetails<T> {
    const { definitions, failure } = this.#feed;
    if (!definitions) {
      return failed(fallback, ErrorCode.PROVIDER_NOT_READY, failure ?? "There are no flags yet");
    }
    const { value, variant, reason, rule, errorCode } = evaluate(definitions, name, context);
    if (errorCode === "FLAG_NOT_FOUND") {
      return failed(fallback, ErrorCode.FLAG_NOT_FOUND, `Cannot find a flag "${name}"`);
    }
    if (errorCode || variant === undefined) {
      return failed(fallback, ErrorCode.GENERAL, `Cannot evaluate the definition of "${name}"`);
    }
    if (typeof value !== typeof fallback) {
      return failed(fallback, ErrorCode.TYPE_MISMATCH, explainTypeMismatch(name, fallback, value));
    }
    return {
      value: value as T,
      variant,
      reason: failure === undefined ? reason : StandardResolutionReasons.STALE,
      ...(rule === undefined ? {} : { flagMetadata: { rule } }),
    };
  }

  /** Emits events for what has changed since the last ones. */
  #announce(): void {
    if (!this.#isReady) return;
    const before = this.#announced;
    const { definitions, failure } = this.#feed;
    const isStale = failure !== undefined;
    this.#announced = { definitions, isStale };
    if (definitions && before.definitions && definitions !== before.definitions) {
      const flagsChanged = findChangedFlags(before.definitions, definitions);
      if (flagsChanged.length > 0) {
        this.events.emit(ProviderEvents.ConfigurationChanged, { flagsChanged });
      }
    }
    if (isStale === before.isStale) return;
    if (isStale) this.events.emit(ProviderEvents.Stale, { message: failure });
    else this.events.emit(ProviderEvents.Ready);
  }
}

function failed<T>(value: T, errorCode: ErrorCode, errorMessage: string): ResolutionDetails<T> {
  return { value, reason: StandardResolutionReasons.ERROR, errorCode, errorMessage };
}
