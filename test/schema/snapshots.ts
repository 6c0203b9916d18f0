/**
 * Snapshots for tests. As a program: prints the bytes of a compiled snapshot, which must be the same on
 * every machine.
 */
import { fileURLToPath } from "node:url";
import { compile } from "../../schema/compile/compile.ts";
import { formatManifest } from "../../schema/compile/manifest.ts";
import { type Flag, normalize } from "../../schema/flag/flag.ts";
import { type Snapshot, type TimedFlag, timestamp } from "../../schema/flag/snapshot.ts";
import { defaultProject } from "../../schema/project/project.ts";
import { parse } from "../../schema/yaml/parse.ts";

const { environments } = defaultProject;

const noon = timestamp(1725105600);

export function snapshotOf(flags: readonly TimedFlag[]): Snapshot {
  const project = defaultProject;
  return {
    commit: "9f8e7d6c".repeat(5),
    committed_at: noon,
    updated_at: noon,
    flags,
    audiences: [],
    project,
  };
}

/** Decisions that are on or off as in `states`, by environment. */
export function decisionsOf(states: Readonly<Record<string, boolean>>): Flag["decisions"] {
  return Object.fromEntries(
    Object.entries(states).map(([environment, enabled]) => [environment, { enabled }]),
  );
}

/** A flag that is on in every environment, with the values of `flag`. */
export function flagOf(name: string, flag: Partial<TimedFlag> = {}): TimedFlag {
  const decisions = decisionsOf(Object.fromEntries(environments.map((one) => [one, true])));
  const words = {
    description: "",
    owner: "",
    type: "release",
    expires: "",
    private: false,
    metadata: {},
    requires: [],
    audiences: [],
  } as const;
  const normal: Flag = { name, ...words, decisions, schedules: [] };
  const file = `flags/nutrition/${name}.yaml`;
  return { ...normal, file, object: "0".repeat(40), created_at: noon, updated_at: noon, ...flag };
}

/** Flags whose names sort differently, and change case differently, in some languages. */
export const manyFlags: readonly TimedFlag[] = [
  ...["i", "ii", "i_i", "i1", "i10", "i2", "z", "a", "aa", "a_a", "ch", "cz", "ll", "h", "s", "t"],
].map((name, i) => {
  const text = `enabled: ${i % 2 === 0}\ndescription: "İı Größe 🍲 ${name}"\nenvironments: { staging: { enabled: ${i % 3 === 0} } }\n`;
  const flag = normalize(
    name,
    parse(text).value as Parameters<typeof normalize>[1],
    defaultProject,
  );
  return flagOf(name, { ...flag, updated_at: timestamp(1700000000 + i * 86_399) });
});

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const release = compile(snapshotOf(manyFlags.toReversed()));
  process.stdout.write(release.responses.map(({ path, body }) => `${path} ${body}\n`).join(""));
  process.stdout.write(formatManifest(release));
}
