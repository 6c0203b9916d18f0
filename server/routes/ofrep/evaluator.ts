/** The responses of OFREP, shared by the fast path and Express. */
import type { Context } from "../../../schema/evaluate/context.ts";
import { HttpError, notReady } from "../../http/problem.ts";
import { entityTag } from "../../http/send.ts";
import type { Usage } from "../usage/usage.ts";
import type { EnvironmentFlags, Evaluations } from "./evaluations.ts";
import { eventStreamsOf } from "./event-streams.ts";
import type { StreamKeys } from "./stream-keys.ts";

export class Evaluator {
  readonly #evaluations: Evaluations;
  readonly #keys: StreamKeys;
  readonly #usage: Usage;

  constructor(evaluations: Evaluations, keys: StreamKeys, usage: Usage) {
    this.#evaluations = evaluations;
    this.#keys = keys;
    this.#usage = usage;
  }

  /** The body for one flag. Throws `HttpError` if there is no such flag, or if its definition cannot be read. */
  evaluateFlag(folder: string, key: string, context: Context): string {
    const flags = this.#flagsOf(folder);
    const evaluated = flags.evaluate(key, context);
    if (evaluated === undefined) {
      this.#usage.countEvaluation(flags.environment, key, undefined);
      const detail = `Cannot find a flag "${key.slice(0, 100)}" in ${flags.environment}`;
      throw new HttpError(404, detail);
    }
    const { errorCode, variant } = evaluated.evaluation;
    if (errorCode !== undefined)
      throw new HttpError(500, `Cannot evaluate "${key}": its definition cannot be read`);
    this.#usage.countEvaluation(flags.environment, key, variant);
    return evaluated.text;
  }

  /**
   * The body for all flags. Its entity tag is made from it, because it depends on the context. This
   * counts no evaluations, because a provider requests all flags even if it uses only one.
   */
  evaluateAll(
    folder: string,
    authorization: string,
    context: Context,
  ): { readonly body: string; readonly etag: string } {
    const flags = this.#flagsOf(folder);
    const answers = flags.names.map((name) => flags.evaluate(name, context)?.text ?? "");
    const eventStreams = eventStreamsOf(this.#keys, authorization, folder);
    const streams = eventStreams ? `"eventStreams":${JSON.stringify(eventStreams)},` : "";
    const body = `{"flags":[${answers.join(",")}],${streams}"metadata":{}}`;
    return { body, etag: entityTag(body) };
  }

  #flagsOf(folder: string): EnvironmentFlags {
    const flags = this.#evaluations.of(folder);
    if (flags === undefined) throw notReady();
    return flags;
  }
}
