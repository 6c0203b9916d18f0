/** What a flag file refers to in other files, and whether that is there. */
import { audiencesOf, type FlagFile } from "../flag/flag.ts";
import { flagNameOf } from "../flag/name.ts";
import type { Code } from "../problem/codes.ts";
import { positionAt } from "../problem/position.ts";
import { type Problem, problemsIn } from "../problem/problem.ts";
import { quoteValue } from "../text/show.ts";
import { suggest } from "../text/suggest.ts";
import type { Entry } from "./entry.ts";
import { escapePointer, type Source } from "./parse.ts";

/** A name in a flag file that stands for another file. Its place depends on the bytes alone. */
export interface Reference {
  readonly kind: "audience";
  readonly name: string;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

/** The references of a flag without problems. */
export function findReferences(flag: FlagFile, source: Source): Reference[] {
  const blocks: [string, FlagFile["rules"]][] = [
    ["", flag.rules],
    ...Object.entries(flag.environments ?? {}).map(
      ([name, { rules }]): [string, FlagFile["rules"]] => [
        `/environments/${escapePointer(name)}`,
        rules,
      ],
    ),
  ];
  return blocks.flatMap(([block, rules = []]) =>
    rules.flatMap((rule, index): Reference[] => {
      const name = rule.if.audience;
      if (typeof name !== "string") return [];
      const { value = 0 } = source.offsets.get(`${block}/rules/${index}/if/audience`) ?? {};
      return [{ kind: "audience", name, ...positionAt(source.text, value) }];
    }),
  );
}

/** A flag with the names that it refers to. */
export interface Referring {
  readonly name: string;
  readonly audiences: readonly string[];
}

/** Something wrong with a reference of a flag. */
export interface ReferenceFault {
  /** The flag that refers. */
  readonly flag: string;
  readonly kind: Reference["kind"];
  /** What it refers to. */
  readonly name: string;
  readonly code: Code;
  readonly message: string;
  readonly hint: string;
}

/** What is wrong with the references of all flags of a commit. */
export function findReferenceFaults(
  flags: readonly Referring[],
  audiences: readonly { readonly name: string }[],
): ReferenceFault[] {
  const names = new Set(audiences.map(({ name }) => name));
  return flags.flatMap((flag) =>
    flag.audiences
      .filter((name) => !names.has(name))
      .map((name) => unknownAudience(flag, name, names)),
  );
}

function unknownAudience(
  { name: flag }: Referring,
  name: string,
  known: ReadonlySet<string>,
): ReferenceFault {
  const near = suggest(name, [...known]);
  const message = `Cannot find the audience ${quoteValue(name)}`;
  const hint = near
    ? `did you mean "${near}"?`
    : `write it in flags/audiences/${name.slice(0, 64)}.yaml, with description, owner and if`;
  return { flag, kind: "audience", name, code: "unknown-audience", message, hint };
}

/** What is wrong with the references of files, each at its place; `all` are all files in `flags/`. */
export function judgeReferences(entries: readonly Entry[], all: readonly Entry[]): Problem[] {
  const referring = entries.flatMap(({ file, content }) => {
    const { flag, references } = content ?? {};
    return flag && references ? [{ file, name: flagNameOf(file), flag, references }] : [];
  });
  if (referring.length === 0) return [];
  const audiences = all
    .filter(({ kind }) => kind === "audience")
    .map(({ file }) => ({ name: flagNameOf(file) }));
  return referring.flatMap(({ file, name, flag, references }) => {
    const faults = findReferenceFaults([{ name, audiences: audiencesOf(flag) }], audiences);
    return faults.flatMap(({ kind, name, code, message, hint }) => {
      const places = references.filter((one) => one.kind === kind && one.name === name);
      const findings = places.map(({ line, column }) => ({ line, column, code, message, hint }));
      return problemsIn(file, findings, "");
    });
  });
}
