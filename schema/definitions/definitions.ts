import type { Condition, Definition, Definitions } from "../evaluate/definition.ts";
import { audiencesIn, type NamedConditions } from "../flag/audience.ts";
import type { Flag } from "../flag/flag.ts";
import { compareText } from "../text/order.ts";

/** The flags of one environment, as the outputs show them. */
export interface DefinedFlags {
  readonly environment: string;
  /** In any order. */
  readonly flags: readonly DefinedFlag[];
  /** Audiences by name; at least those that rules refer to. */
  readonly audiences: ReadonlyMap<string, readonly Condition[]>;
}

export interface DefinedFlag {
  readonly name: string;
  readonly description: string | undefined;
  readonly owner: string | undefined;
  /** The rules of a private flag are never published. */
  readonly private: boolean;
  readonly definition: Definition;
}

/** The flags of a commit as one environment decides them, with its audiences. */
export function definedFlags(
  environment: string,
  {
    flags,
    audiences,
  }: { readonly flags: readonly Flag[]; readonly audiences: readonly NamedConditions[] },
): DefinedFlags {
  const defined = flags.flatMap((flag): DefinedFlag[] => {
    const definition = flag.decisions[environment];
    if (!definition) return [];
    const { name, private: isPrivate } = flag;
    const [description, owner] = [flag.description || undefined, flag.owner || undefined];
    return [{ name, description, owner, private: isPrivate, definition }];
  });
  const byName = new Map(audiences.map(({ name, conditions }) => [name, conditions]));
  return { environment, flags: defined, audiences: byName };
}

/**
 * The body of `definitions.json`: compact, sorted by name. The same flags give the same bytes, in any
 * order. Private flags are only for roles that may read them.
 */
export function compileDefinitions(
  defined: DefinedFlags,
  { includePrivate }: { readonly includePrivate: boolean } = { includePrivate: false },
): string {
  const flags = visibleFlags(defined, includePrivate).map(
    ({ name, definition }) => [name, compact(name, definition)] as const,
  );
  const used = new Set(
    flags.flatMap(([, { rules = [] }]) => rules.flatMap((rule) => audiencesIn(rule.if))),
  );
  const audiences = [...defined.audiences].filter(([name]) => used.has(name));
  return objectText([
    ["environment", JSON.stringify(defined.environment)],
    ...(audiences.length > 0 ? [["audiences", sortedText(audiences)] as const] : []),
    ["flags", sortedText(flags)],
  ]);
}

/** The definitions that an evaluation of these flags needs, private ones included. */
export function toDefinitions({ flags, audiences }: DefinedFlags): Definitions {
  return {
    flags: Object.fromEntries(flags.map(({ name, definition }) => [name, definition])),
    audiences: Object.fromEntries(audiences),
  };
}

/** The flags of a document, sorted by name. */
export function visibleFlags({ flags }: DefinedFlags, includePrivate: boolean): DefinedFlag[] {
  return flags
    .filter((flag) => includePrivate || !flag.private)
    .toSorted((a, b) => compareText(a.name, b.name));
}

/** Leaves out what has its default value, and what a disabled flag does not use. Fixes the order of keys. */
function compact(name: string, definition: Definition): Definition {
  const { enabled, rollout, bucket, seed, rules, variants, split, requires } = definition;
  if (!enabled) return { enabled, ...(variants && { variants }) };
  return {
    enabled,
    ...(rollout !== undefined && rollout !== 100 && { rollout }),
    ...(bucket !== undefined && bucket !== "targetingKey" && { bucket }),
    ...(seed !== undefined && seed !== name && { seed }),
    ...(rules && rules.length > 0 && { rules: rules.map(orderKeys) }),
    ...(variants && { variants }),
    ...(split?.some((weight) => weight !== split[0]) && { split }),
    ...(requires && requires.length > 0 && { requires }),
  };
}

type Rule = NonNullable<Definition["rules"]>[number];

function orderKeys({ name, if: conditions, rollout, variant }: Rule): Rule {
  return variant === undefined
    ? { name, if: conditions, rollout: rollout ?? 100 }
    : { name, if: conditions, variant };
}

function sortedText(entries: readonly (readonly [name: string, value: unknown])[]): string {
  const sorted = entries.toSorted(([a], [b]) => compareText(a, b));
  return objectText(sorted.map(([name, value]) => [name, JSON.stringify(value)]));
}

/** An object as text, with its keys in this order: objects in memory put keys such as `10` first. */
export function objectText(entries: readonly (readonly [name: string, text: string])[]): string {
  return `{${entries.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`;
}
