/** Finds invalid references between flags, and to audiences. */
import { maxRequired } from "../evaluate/evaluate.ts";
import type { Flag } from "../flag/flag.ts";
import type { Code } from "../problem/codes.ts";
import { quoteValue } from "../text/show.ts";
import { suggest } from "../text/suggest.ts";

/** The references of a flag, and the facts that matter to flags that refer to it. */
export interface Referring {
  readonly name: string;
  readonly requires: readonly string[];
  readonly audiences: readonly string[];
  readonly isPrivate: boolean;
  readonly hasVariants: boolean;
}

/** Something wrong with a reference of a flag. */
export interface ReferenceFault {
  /** The flag with the reference. */
  readonly flag: string;
  readonly kind: "audience" | "flag";
  /** What it refers to. */
  readonly name: string;
  readonly code: Code;
  readonly message: string;
  readonly hint: string;
}

/** Flags that an expression for another engine contains for one flag, at most: each is written out there. */
const maxInlined = 100;

/**
 * What is wrong with the references of all flags of a commit. `flags` has every name; the value is
 * missing for a flag that could not be read. `audiences` has every name of an audience.
 */
export function findReferenceFaults(
  flags: ReadonlyMap<string, Referring | undefined>,
  audiences: ReadonlySet<string>,
): ReferenceFault[] {
  const chains = new Chains(flags);
  return [...flags.values()].flatMap((flag) => {
    if (!flag) return [];
    const unknown = flag.audiences.filter((name) => !audiences.has(name));
    return [
      ...unknown.map((name) => unknownAudience(flag, name, audiences)),
      ...flag.requires.flatMap((name) => checkRequired(flag, name, flags, chains)),
    ];
  });
}

/** The same for flags in their normal form. */
export function findReferenceFaultsOf(
  flags: readonly Flag[],
  audiences: readonly { readonly name: string }[],
): ReferenceFault[] {
  if (!flags.some(({ requires, audiences }) => requires.length + audiences.length > 0)) return [];
  const referring = flags.map(({ name, requires, audiences, decisions, private: isPrivate }) => {
    const hasVariants = Object.values(decisions).some(({ variants }) => variants !== undefined);
    return [name, { name, requires, audiences, isPrivate, hasVariants }] as const;
  });
  return findReferenceFaults(new Map(referring), new Set(audiences.map(({ name }) => name)));
}

function unknownAudience(
  { name: flag }: Referring,
  name: string,
  known: ReadonlySet<string>,
): ReferenceFault {
  const message = `Cannot find the audience ${quoteValue(name)}`;
  const hint =
    didYouMean(name, [...known]) ??
    `write it in flags/audiences/${name.slice(0, 64)}.yaml, with description, owner and if`;
  return { flag, kind: "audience", name, code: "unknown-audience", message, hint };
}

/** The first thing that is wrong with a required flag. */
function checkRequired(
  flag: Referring,
  name: string,
  flags: ReadonlyMap<string, Referring | undefined>,
  chains: Chains,
): ReferenceFault[] {
  const fault = (code: Code, message: string, hint: string): ReferenceFault[] => [
    { flag: flag.name, kind: "flag", name, code, message, hint },
  ];
  if (!flags.has(name)) {
    const hint =
      didYouMean(name, [...flags.keys()]) ??
      `delete it, or add the flag; a flag that others require cannot be deleted before them`;
    return fault(
      "unknown-required-flag",
      `Cannot find the required flag ${quoteValue(name)}`,
      hint,
    );
  }
  const path = chains.findPath(name, flag.name);
  if (path) {
    const circle = [flag.name, ...path].join(" → ");
    const message = `Cannot require "${name}": the flags require each other (${circle})`;
    return fault("requires-cycle", message, "delete one of these requirements");
  }
  const parent = flags.get(name);
  if (parent?.hasVariants) {
    const message = `Cannot require "${name}": it has variants, so it is neither on nor off`;
    return fault("requires-variants", message, "require a flag without variants");
  }
  if (parent?.isPrivate && !flag.isPrivate) {
    const message = `Cannot require "${name}": its rules are private, and those of this flag are published with the rules of each required flag`;
    return fault("requires-private", message, 'set "private: true" here, or false there');
  }
  const { depth, inlined } = chains.sizeOf(name);
  if (depth + 1 > maxRequired) {
    const message = `Cannot require "${name}": the chain of required flags has ${depth + 1} levels, and at most ${maxRequired} are allowed`;
    return fault("requires-too-deep", message, "require a flag that is nearer");
  }
  if (inlined > maxInlined) {
    const message = `Cannot require "${name}": with the flags that it requires these are ${inlined}, and at most ${maxInlined} are allowed`;
    return fault("requires-too-deep", message, "require fewer flags");
  }
  return [];
}

function didYouMean(name: string, known: readonly string[]): string | undefined {
  const near = suggest(name, known);
  return near && `did you mean "${near}"?`;
}

interface ChainSize {
  /** How many flags follow in the longest chain. */
  readonly depth: number;
  /** The flag and all that it requires, one counted as often as it is reached. */
  readonly inlined: number;
}

/** Chains of required flags. Each flag is visited once. */
class Chains {
  readonly #flags: ReadonlyMap<string, Referring | undefined>;
  readonly #sizes = new Map<string, ChainSize>();

  constructor(flags: ReadonlyMap<string, Referring | undefined>) {
    this.#flags = flags;
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
      for (const next of this.#requiredBy(name)) {
        if (!cameFrom.has(next)) cameFrom.set(next, name);
      }
    }
    return undefined;
  }

  /** In a cycle, the flag that closes it counts as one without requirements. */
  sizeOf(name: string): ChainSize {
    const known = this.#sizes.get(name);
    if (known) return known;
    this.#sizes.set(name, { depth: 0, inlined: 1 });
    const sizes = this.#requiredBy(name).map((next) => this.sizeOf(next));
    const size = {
      depth: Math.max(0, ...sizes.map(({ depth }) => depth + 1)),
      inlined: sizes.reduce((sum, { inlined }) => sum + inlined, 1),
    };
    this.#sizes.set(name, size);
    return size;
  }

  #requiredBy(name: string): readonly string[] {
    return this.#flags.get(name)?.requires ?? [];
  }
}
