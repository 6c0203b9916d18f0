/** Which flags require which, at any distance. */
import type { Flag } from "./flag.ts";

/** The name of a flag, and of all flags that it requires. `requiresOf` gives the `requires` of one flag. */
export function withRequired(
  name: string,
  requiresOf: (name: string) => readonly string[] | undefined,
): ReadonlySet<string> {
  const names = new Set([name]);
  for (const one of names) for (const next of requiresOf(one) ?? []) names.add(next);
  return names;
}

/** Names of flags, and of all flags that require one of them. */
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
