/** Finds invalid references between flags, and to audiences. */
import type { Condition } from "../evaluate/definition.ts";
import { maxRequired } from "../evaluate/limits.ts";
import type { NamedConditions } from "../flag/audience.ts";
import type { Flag } from "../flag/flag.ts";
import type { Code } from "../problem/codes.ts";
import { quoteValue } from "../text/show.ts";
import { didYouMean } from "../text/suggest.ts";
import { type FlagReferences, maxReferenceBytes, RequirementChains } from "./required-chains.ts";

/** A problem of a reference of a flag, without its position. */
export interface ReferenceProblem {
  /** The flag with the reference. */
  readonly flag: string;
  readonly kind: "audience" | "flag";
  /** What it refers to. */
  readonly name: string;
  readonly code: Code;
  readonly message: string;
  readonly hint: string;
}

/** Maximum number of flags in the expression of one flag for another engine: each is written out there. */
const maxInlined = 100;

/**
 * The problems of the references of all flags of a commit. `flags` has every name; the value is
 * missing for a flag that could not be read. `audiences` has the conditions of every
 * audience by name; they are missing for one that could not be read.
 */
export function findReferenceProblems(
  flags: ReadonlyMap<string, Flag | undefined>,
  audiences: ReadonlyMap<string, readonly Condition[] | undefined>,
): ReferenceProblem[] {
  const references = new Map([...flags].map(([name, flag]) => [name, flag && referencesOf(flag)]));
  const chains = new RequirementChains(references, audiences);
  const problems = [...references.values()].flatMap((flag) => {
    if (!flag) return [];
    const unknown = flag.audiences.filter((name) => !audiences.has(name));
    return [
      ...unknown.map((name) => unknownAudience(flag, name, audiences)),
      ...flag.requires.flatMap((name) => checkRequired(flag, name, references, chains)),
    ];
  });
  return [...problems, ...checkSize(references, chains)];
}

/** Reports the flag whose references need the most bytes. */
function checkSize(
  flags: ReadonlyMap<string, FlagReferences | undefined>,
  chains: RequirementChains,
): ReferenceProblem[] {
  const sizes = [...flags.values()].flatMap((flag) => {
    const isReferring = flag && flag.requires.length + flag.audiences.length > 0;
    return isReferring ? [{ flag, bytes: chains.referenceBytes(flag) }] : [];
  });
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total <= maxReferenceBytes) return [];
  const largest = sizes.reduce((most, one) => (one.bytes > most.bytes ? one : most));
  const { name: flag, audiences, requires } = largest.flag;
  const [audience, required = ""] = [audiences[0], requires[0]];
  const message = `Cannot write out what flags refer to: the outputs would need ${megabytes(total)} MB for it, ${megabytes(largest.bytes)} MB of them for this flag, and at most ${megabytes(maxReferenceBytes)} MB are allowed`;
  const hint = "shorten the lists of the audience, or use it in fewer rules; require fewer flags";
  const [kind, name] =
    audience === undefined ? (["flag", required] as const) : (["audience", audience] as const);
  return [{ flag, kind, name, code: "references-too-large", message, hint }];
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}

/** The same if all flags and audiences could be read. */
export function findReferenceProblemsOf(
  flags: readonly Flag[],
  audiences: readonly NamedConditions[],
): ReferenceProblem[] {
  if (!flags.some(({ requires, audiences }) => requires.length + audiences.length > 0)) return [];
  return findReferenceProblems(
    new Map(flags.map((flag) => [flag.name, flag])),
    new Map(audiences.map(({ name, conditions }) => [name, conditions])),
  );
}

function referencesOf({ name, requires, audiences, decisions, private: isPrivate }: Flag) {
  const hasVariants = Object.values(decisions).some(({ variants }) => variants !== undefined);
  const rules = Object.values(decisions).map(({ rules = [] }) => rules);
  return { name, requires, audiences, isPrivate, hasVariants, rules };
}

function unknownAudience(
  { name: flag }: FlagReferences,
  name: string,
  known: ReadonlyMap<string, unknown>,
): ReferenceProblem {
  const message = `Cannot find the audience ${quoteValue(name)}`;
  const hint =
    didYouMean(name, [...known.keys()]) ??
    `write it in flags/audiences/${name.slice(0, 64)}.yaml, with description, owner and if`;
  return { flag, kind: "audience", name, code: "unknown-audience", message, hint };
}

/** The first problem of a required flag. */
function checkRequired(
  flag: FlagReferences,
  name: string,
  flags: ReadonlyMap<string, FlagReferences | undefined>,
  chains: RequirementChains,
): ReferenceProblem[] {
  const problem = (code: Code, message: string, hint: string): ReferenceProblem[] => [
    { flag: flag.name, kind: "flag", name, code, message, hint },
  ];
  if (!flags.has(name)) {
    const hint =
      didYouMean(name, [...flags.keys()]) ??
      `delete it, or add the flag; a flag that others require cannot be deleted before them`;
    const message = `Cannot find the required flag ${quoteValue(name)}`;
    return problem("unknown-required-flag", message, hint);
  }
  const path = chains.findPath(name, flag.name);
  if (path) {
    const cycle = [flag.name, ...path].join(" → ");
    const message = `Cannot require "${name}": the flags require each other (${cycle})`;
    return problem("requires-cycle", message, "delete one of these requirements");
  }
  const parent = flags.get(name);
  if (parent?.hasVariants) {
    const message = `Cannot require "${name}": it has variants, so it is neither on nor off`;
    return problem("requires-variants", message, "require a flag without variants");
  }
  if (parent?.isPrivate && !flag.isPrivate) {
    const message = `Cannot require "${name}": its rules are private, and those of this flag are published with the rules of each required flag`;
    return problem("requires-private", message, 'set "private: true" here, or false there');
  }
  const { depth, inlined } = chains.sizeOf(name);
  if (depth + 1 > maxRequired) {
    const message = `Cannot require "${name}": the chain of required flags has ${depth + 1} levels, and at most ${maxRequired} are allowed`;
    return problem("requires-too-deep", message, "require a flag that is nearer");
  }
  if (inlined > maxInlined) {
    const message = `Cannot require "${name}": with the flags that it requires these are ${inlined}, and at most ${maxInlined} are allowed`;
    return problem("requires-too-deep", message, "require fewer flags");
  }
  return [];
}
