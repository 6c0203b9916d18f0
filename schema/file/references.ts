import { blocksOf } from "../check/rule-checks.ts";
import type { FlagFile } from "../flag/flag.ts";
import type { Position } from "../problem/position.ts";
import { positionOfPointer } from "../yaml/pointers.ts";
import type { YamlSource } from "../yaml/source.ts";

/** A name in a flag file that refers to another file. Its position depends on the bytes alone. */
export interface Reference extends Position {
  readonly kind: "audience" | "flag";
  readonly name: string;
}

/** The references of a flag without problems. */
export function findReferences(flag: FlagFile, source: YamlSource): Reference[] {
  const required = (flag.requires ?? []).map((name, index): Reference => {
    return { kind: "flag", name, ...positionOfPointer(source, `/requires/${index}`) };
  });
  const audiences = blocksOf(flag).flatMap(([block, { rules = [] }]) =>
    rules.flatMap((rule, index): Reference[] => {
      const name = rule.if.audience;
      if (typeof name !== "string") return [];
      const position = positionOfPointer(source, `${block}/rules/${index}/if/audience`);
      return [{ kind: "audience", name, ...position }];
    }),
  );
  return [...required, ...audiences];
}
