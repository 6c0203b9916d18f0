import type { Definition, Definitions } from "../../schema/evaluate/definition.ts";

/**
 * The names of flags whose evaluation may differ: added, removed or changed ones, and those that refer to
 * a changed audience or require such a flag.
 */
export function findChangedFlags(before: Definitions, after: Definitions): string[] {
  const changedAudiences = findChangedKeys(before.audiences ?? {}, after.audiences ?? {});
  const changed = findChangedKeys(before.flags, after.flags);
  for (const [name, definition] of Object.entries(after.flags)) {
    if (refersTo(definition, changedAudiences)) changed.add(name);
  }
  let size = 0;
  // Each pass adds the flags that require those of the pass before.
  while (size !== changed.size) {
    size = changed.size;
    for (const [name, { requires }] of Object.entries(after.flags)) {
      if (listOf(requires).some((required) => changed.has(required as string))) changed.add(name);
    }
  }
  return [...changed];
}

function findChangedKeys(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): Set<string> {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return new Set([...names].filter((name) => textOf(before, name) !== textOf(after, name)));
}

function textOf(values: Readonly<Record<string, unknown>>, name: string): string | undefined {
  return Object.hasOwn(values, name) ? JSON.stringify(values[name]) : undefined;
}

function refersTo({ rules }: Definition, audiences: ReadonlySet<string>): boolean {
  if (audiences.size === 0) return false;
  return listOf(rules).some((rule) =>
    listOf(Object(rule).if).some((condition) => {
      const [, operator, name] = listOf(condition);
      return operator === "is" && audiences.has(name as string);
    }),
  );
}

/** Nothing in a document from elsewhere is certain to be a list. */
function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
