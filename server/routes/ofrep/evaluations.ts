/** The flags of the current release, ready to be evaluated for callers. */
import {
  compileDefinitions,
  type DefinedFlags,
  definedFlags,
  toDefinitions,
} from "../../../schema/definitions/definitions.ts";
import type { Context } from "../../../schema/evaluate/context.ts";
import type { Definitions } from "../../../schema/evaluate/definition.ts";
import { type Evaluation, evaluate } from "../../../schema/evaluate/evaluate.ts";
import type { Snapshot } from "../../../schema/flag/snapshot.ts";
import { rootEnvironment } from "../../../schema/project/project.ts";
import { compareText } from "../../../schema/text/order.ts";
import { entityTag } from "../../http/send.ts";

type ServedSnapshot = Pick<Snapshot, "project" | "flags" | "audiences">;

export class Evaluations {
  readonly #sign: (text: string) => string;
  #snapshot: ServedSnapshot | undefined;
  #byEnvironment = new Map<string, EnvironmentFlags>();

  /** `sign` makes the version of an environment from its definitions. */
  constructor(sign: (text: string) => string) {
    this.#sign = sign;
  }

  /** Replaces one release by the next in one step. */
  serve(snapshot: ServedSnapshot): void {
    this.#snapshot = snapshot;
    this.#byEnvironment = new Map();
  }

  /**
   * The flags of an environment; those of the first one for `""`. Made at the first request.
   * `undefined` if there is no release yet, or no such environment in it.
   */
  of(folder: string): EnvironmentFlags | undefined {
    if (this.#snapshot === undefined) return undefined;
    const { project } = this.#snapshot;
    const environment = folder === "" ? rootEnvironment(project) : folder;
    const ready = this.#byEnvironment.get(environment);
    if (ready || !project.environments.includes(environment)) return ready;
    const made = new EnvironmentFlags(definedFlags(environment, this.#snapshot), this.#sign);
    this.#byEnvironment.set(environment, made);
    return made;
  }
}

/** An evaluation as OFREP's JSON. */
export interface EvaluatedFlag {
  readonly evaluation: Evaluation;
  readonly text: string;
}

/** `definitions.json` with private flags. */
export interface DefinitionsDocument {
  readonly text: string;
  readonly etag: string;
  /** Changes with any definition and reveals nothing about them. */
  readonly version: string;
}

/** The flags of one environment, private ones included: only answers leave the server. */
export class EnvironmentFlags {
  readonly environment: string;
  readonly #defined: DefinedFlags;
  readonly #sign: (text: string) => string;
  #document: DefinitionsDocument | undefined;
  /** Sorted by code unit. */
  readonly names: readonly string[];
  readonly #definitions: Definitions;
  /** By name, variant and reason: a flag has few answers, and most requests get the same ones. */
  readonly #answers = new Map<string, EvaluatedFlag>();

  constructor(defined: DefinedFlags, sign: (text: string) => string) {
    this.environment = defined.environment;
    this.#defined = defined;
    this.#sign = sign;
    this.#definitions = toDefinitions(defined);
    this.names = Object.keys(this.#definitions.flags).sort(compareText);
  }

  /** Made at the first use. */
  get document(): DefinitionsDocument {
    if (this.#document) return this.#document;
    const text = compileDefinitions(this.#defined, { includePrivate: true });
    this.#document = { text, etag: entityTag(text), version: this.#sign(text) };
    return this.#document;
  }

  /** Evaluates a flag. `undefined` if there is no flag of this name. */
  evaluate(name: string, context: Context): EvaluatedFlag | undefined {
    if (!Object.hasOwn(this.#definitions.flags, name)) return undefined;
    const evaluation = evaluate(this.#definitions, name, context);
    const key = `${name} ${evaluation.reason} ${evaluation.variant}`;
    const ready = this.#answers.get(key);
    if (ready !== undefined) return ready;
    const made = { evaluation, text: textOf(name, evaluation) };
    this.#answers.set(key, made);
    return made;
  }
}

/** The rule that decided is left out: the rules of a flag may be private. */
function textOf(key: string, { value, variant, reason, errorCode }: Evaluation): string {
  if (errorCode === undefined) return JSON.stringify({ key, value, variant, reason, metadata: {} });
  const errorDetails = `Cannot evaluate "${key}": its definition cannot be read`;
  return JSON.stringify({ key, errorCode: "GENERAL", errorDetails });
}
