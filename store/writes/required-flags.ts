/** Which flags require which, at any distance. */
import type { Flag } from "../../schema/flag/flag.ts";

/** A flag, and all flags that it requires. */
export function requiredBy(
  name: string,
  flags: ReadonlyMap<string, Pick<Flag, "requires">>,
): ReadonlySet<string> {
  const names = new Set([name]);
  for (const one of names) for (const next of flags.get(one)?.requires ?? []) names.add(next);
  return names;
}

/** Flags, and all flags that require one of them. */
export function withDependents(
  names: readonly string[],
  flags: readonly Pick<Flag, "name" | "requires">[],
): string[] {
  const requiring = flags.filter(({ requires }) => requires.length > 0);
  const found = new Set(names);
  for (const one of found)
    for (const { name, requires } of requiring) if (requires.includes(one)) found.add(name);
  return [...found];
}
