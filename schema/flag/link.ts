/** Adds to each decision the facts about its references, so that two decisions can be compared alone. */
import { hash } from "node:crypto";
import { maxRequired } from "../evaluate/limits.ts";
import { isSameJson } from "../text/json.ts";
import { audiencesIn, type NamedConditions } from "./audience.ts";
import {
  type Decision,
  type Flag,
  isFull,
  type RequiredFlag,
  type ResolvedReferences,
} from "./flag.ts";

/**
 * The flags of one commit, each decision with what it refers to. A flag for which nothing changes
 * stays the same object, so that what was computed from it stays valid.
 */
export function linkFlags<F extends Flag>(
  flags: readonly F[],
  audiences: readonly NamedConditions[],
): readonly F[] {
  if (!flags.some(refers)) return flags;
  const linker = new Linker(flags, audiences);
  return flags.map((flag) => (refers(flag) ? linker.link(flag) : flag));
}

/** One of the flags of a commit, with what it refers to; `flags` are all of them. */
export function linkFlag<F extends Flag>(
  flag: F,
  flags: readonly Flag[],
  audiences: readonly NamedConditions[],
): F {
  return new Linker(flags, audiences).link(flag);
}

function refers({ requires, audiences }: Flag): boolean {
  return requires.length > 0 || audiences.length > 0;
}

/** A linked decision, and how many flags follow in its longest chain of required flags. */
interface Linked {
  readonly decision: Decision;
  readonly depth: number;
}

class Linker {
  readonly #flags: ReadonlyMap<string, Flag>;
  /** Fingerprints of the conditions, by name. */
  readonly #audiences: ReadonlyMap<string, string>;
  /** By environment and name. `undefined` while it is being linked: the flag is part of a cycle. */
  readonly #linked = new Map<string, Linked | undefined>();

  constructor(flags: readonly Flag[], audiences: readonly NamedConditions[]) {
    this.#flags = new Map(flags.map((flag) => [flag.name, flag]));
    this.#audiences = new Map(
      audiences.map(({ name, conditions }) => [name, fingerprint(conditions)]),
    );
  }

  link<F extends Flag>(flag: F): F {
    const decisions: Record<string, Decision> = {};
    for (const [environment, decision] of Object.entries(flag.decisions)) {
      decisions[environment] = this.#find(flag.name, environment)?.decision ?? decision;
    }
    const isSame = Object.entries(decisions).every(([key, one]) => flag.decisions[key] === one);
    return isSame ? flag : { ...flag, decisions };
  }

  #find(name: string, environment: string): Linked | undefined {
    const key = `${environment} ${name}`;
    if (this.#linked.has(key)) return this.#linked.get(key);
    const decision = this.#flags.get(name)?.decisions[environment];
    if (!decision) return undefined;
    this.#linked.set(key, undefined);
    const parents = (decision.requires ?? []).map(
      (parent) => [parent, this.#find(parent, environment)] as const,
    );
    const depths = parents.map(([, parent]) => (parent?.depth ?? maxRequired) + 1);
    const linked = {
      decision: withUses(decision, this.#usesOf(decision, parents)),
      depth: Math.max(0, ...depths),
    };
    this.#linked.set(key, linked);
    return linked;
  }

  #usesOf(
    { rules = [] }: Decision,
    parents: readonly (readonly [name: string, parent: Linked | undefined])[],
  ): ResolvedReferences | undefined {
    const names = rules.flatMap((rule) => audiencesIn(rule.if));
    const audiences = names.map((name) => [name, this.#audiences.get(name) ?? ""] as const);
    const required = parents.map(([name, parent]) => [name, requiredFlagOf(parent)] as const);
    if (audiences.length + required.length === 0) return undefined;
    return {
      ...(audiences.length > 0 && { audiences: Object.fromEntries(audiences) }),
      ...(required.length > 0 && { required: Object.fromEntries(required) }),
    };
  }
}

/** A flag that is missing, or too far down in a chain, is off for everyone, as in an evaluation. */
function requiredFlagOf(parent: Linked | undefined): RequiredFlag {
  if (!parent || parent.depth >= maxRequired) return { isFull: false, fingerprint: "" };
  return { isFull: isFull(parent.decision), fingerprint: fingerprint(parent.decision) };
}

function withUses(decision: Decision, uses: ResolvedReferences | undefined): Decision {
  const { uses: before, ...own } = decision;
  if (isSameJson(before, uses)) return decision;
  return uses ? { ...own, uses } : own;
}

/** Equal for equal values. Not a secret. */
function fingerprint(value: unknown): string {
  return hash("sha256", JSON.stringify(value)).slice(0, 16);
}
