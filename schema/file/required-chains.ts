/**
 * Chains of required flags: how long they are, and how many bytes the outputs need for what flags refer
 * to. `flagd.json` has every audience written out in each rule, and every required flag in each flag that
 * requires it, so a few small files could need gigabytes.
 */
import type { Condition } from "../evaluate/definition.ts";
import { audiencesIn } from "../flag/audience.ts";
import { maxDefinitionsBytes } from "../size/definitions-size.ts";

/** A rule of a decision. */
interface MeasuredRule {
  readonly if: readonly Condition[];
}

/** References may need as many bytes of an output as providers read of a document. */
export const maxReferenceBytes = maxDefinitionsBytes;

/** Operators, type checks and the hash around the values, as flagd needs them. */
const overhead = { flag: 300, rule: 400, condition: 200 };

/** The references of a flag, and the facts that matter to flags that refer to it. */
export interface FlagReferences {
  readonly name: string;
  readonly requires: readonly string[];
  readonly audiences: readonly string[];
  readonly isPrivate: boolean;
  readonly hasVariants: boolean;
  /** Its rules in each environment. */
  readonly rules: readonly (readonly MeasuredRule[])[];
}

interface ChainSize {
  /** How many flags follow in the longest chain. */
  readonly depth: number;
  /** The flag and all that it requires; each counts as often as it is required. */
  readonly inlined: number;
  /** What the outputs need for it, with all that it refers to. */
  readonly bytes: number;
}

/** Chains of required flags. Each flag is visited once. */
export class RequirementChains {
  readonly #flags: ReadonlyMap<string, FlagReferences | undefined>;
  readonly #audienceBytes: ReadonlyMap<string, number>;
  readonly #sizes = new Map<string, ChainSize>();

  constructor(
    flags: ReadonlyMap<string, FlagReferences | undefined>,
    audiences: ReadonlyMap<string, readonly Condition[] | undefined>,
  ) {
    this.#flags = flags;
    const bytes = [...audiences].map(([name, one]) => [name, conditionBytes(one ?? [])] as const);
    this.#audienceBytes = new Map(bytes);
  }

  /** The flags from `from` to `to`, along requirements. */
  findPath(from: string, to: string): string[] | undefined {
    const cameFrom = new Map<string, string | undefined>([[from, undefined]]);
    for (const name of cameFrom.keys()) {
      if (name === to) {
        const path: string[] = [];
        for (let at: string | undefined = to; at !== undefined; at = cameFrom.get(at))
          path.unshift(at);
        return path;
      }
      for (const next of this.#requiresOf(name)) {
        if (!cameFrom.has(next)) cameFrom.set(next, name);
      }
    }
    return undefined;
  }

  /** In a cycle, the flag that closes it counts as one without requirements. */
  sizeOf(name: string): ChainSize {
    const known = this.#sizes.get(name);
    if (known) return known;
    this.#sizes.set(name, { depth: 0, inlined: 1, bytes: 0 });
    const sizes = this.#requiresOf(name).map((next) => this.sizeOf(next));
    const size = {
      depth: Math.max(0, ...sizes.map(({ depth }) => depth + 1)),
      inlined: sizes.reduce((sum, { inlined }) => sum + inlined, 1),
      bytes: this.#ownBytes(name) + sizes.reduce((sum, { bytes }) => sum + bytes, 0),
    };
    this.#sizes.set(name, size);
    return size;
  }

  /** What the outputs need for the audiences and required flags of a flag, in the largest environment. */
  referenceBytes({ requires, rules }: FlagReferences): number {
    const audiences = Math.max(0, ...rules.map((block) => this.#bytesOfAudiences(block)));
    return requires.reduce((sum, name) => sum + this.sizeOf(name).bytes, audiences);
  }

  #ownBytes(name: string): number {
    const { rules = [] } = this.#flags.get(name) ?? {};
    return Math.max(0, ...rules.map((block) => ruleBytes(block) + this.#bytesOfAudiences(block)));
  }

  #bytesOfAudiences(rules: readonly MeasuredRule[]): number {
    return rules
      .flatMap((rule) => audiencesIn(rule.if))
      .reduce((sum, name) => sum + (this.#audienceBytes.get(name) ?? 0), 0);
  }

  #requiresOf(name: string): readonly string[] {
    return this.#flags.get(name)?.requires ?? [];
  }
}

/** Of the conditions of a rule or of an audience. */
function conditionBytes(conditions: readonly Condition[]): number {
  return JSON.stringify(conditions).length + overhead.condition * conditions.length;
}

/** Of rules without their audiences. */
function ruleBytes(rules: readonly MeasuredRule[]): number {
  return rules.reduce((sum, rule) => sum + overhead.rule + conditionBytes(rule.if), overhead.flag);
}
