/** Chains of required flags: how long they are, and what the outputs need for them. */
import { audiencesIn, conditionBytes, type MeasuredRule, ruleBytes } from "./written-size.ts";

/** The references of a flag, and the facts that matter to flags that refer to it. */
export interface Referring {
  readonly name: string;
  readonly requires: readonly string[];
  readonly audiences: readonly string[];
  readonly isPrivate: boolean;
  readonly hasVariants: boolean;
  /** The rules of each of its blocks, or in each environment. */
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
export class Chains {
  readonly #flags: ReadonlyMap<string, Referring | undefined>;
  readonly #audienceBytes: ReadonlyMap<string, number>;
  readonly #sizes = new Map<string, ChainSize>();

  constructor(
    flags: ReadonlyMap<string, Referring | undefined>,
    audiences: ReadonlyMap<string, object | undefined>,
  ) {
    this.#flags = flags;
    const bytes = [...audiences].map(([name, one]) => [name, conditionBytes(one ?? {})] as const);
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
  referenceBytes({ requires, rules }: Referring): number {
    const audiences = Math.max(0, ...rules.map((block) => this.#bytesOfAudiences(block)));
    return requires.reduce((sum, name) => sum + this.sizeOf(name).bytes, audiences);
  }

  #ownBytes(name: string): number {
    const { rules = [] } = this.#flags.get(name) ?? {};
    return Math.max(0, ...rules.map((block) => ruleBytes(block) + this.#bytesOfAudiences(block)));
  }

  #bytesOfAudiences(rules: readonly MeasuredRule[]): number {
    return audiencesIn(rules).reduce((sum, name) => sum + (this.#audienceBytes.get(name) ?? 0), 0);
  }

  #requiresOf(name: string): readonly string[] {
    return this.#flags.get(name)?.requires ?? [];
  }
}
