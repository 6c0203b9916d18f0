import fc from "fast-check";
import { expect, test } from "vitest";
import { compile } from "../../../schema/compile/compile.ts";
import { patch } from "../../../schema/compile/patch.ts";
import { formatManifest, type Release } from "../../../schema/compile/release.ts";
import { normalize } from "../../../schema/flag/flag.ts";
import type { Snapshot, TimedFlag } from "../../../schema/flag/snapshot.ts";

const time = "2024-08-31T12:00:00Z";
const later = "2024-08-31T13:00:00Z";
const names = ["a", "a1", "a_b", "constructor", "meal", "meal_planning", "to_string", "z9"];
const state = fc.record({
  root: fc.boolean(),
  staging: fc.boolean(),
  text: fc.constantFrom("", "Ü"),
});
const states = fc.dictionary(fc.constantFrom(...names), state);

type States = Record<string, { root: boolean; staging: boolean; text: string }>;

function snapshot(commit: string, updated_at: string, states: States): Omit<Snapshot, "policy"> {
  const flags = Object.entries(states).map(([name, { root, staging, text }]): TimedFlag => {
    const environments = { staging: { enabled: staging } };
    return {
      ...normalize(name, { enabled: root, description: text, environments }),
      ...{ file: `flags/${name}.yaml`, object: "1", created_at: time, updated_at },
    };
  });
  return { commit: commit.repeat(40), committed_at: updated_at, updated_at, flags };
}

/** What `patch()` needs of a release. */
function baseOf(release: Release) {
  const bodies = release.responses.filter(({ path }) => path.endsWith("/")).map(({ body }) => body);
  const lists = bodies.map((body) => JSON.parse(body));
  return {
    manifest: formatManifest(release),
    lists: new Map(lists.map(({ environment, flags }) => [environment, flags])),
  };
}

test("patch() comes to what compile() makes of all flags", () => {
  const trial = fc.property(states, states, fc.subarray(names), (before, after, untouched) => {
    const kept = untouched.filter((name) => Object.hasOwn(before, name));
    const unchanged = Object.fromEntries(kept.map((name) => [name, before[name]])) as States;
    const changed = Object.fromEntries(
      Object.entries(after).filter(([name]) => !Object.hasOwn(unchanged, name)),
    );
    const old = compile(snapshot("a", time, before));
    const next = snapshot("b", later, changed);
    const all = [...next.flags, ...snapshot("b", time, unchanged).flags];
    const wanted = compile({ ...next, flags: all });

    const gone = Object.keys(before).filter((name) => !Object.hasOwn(unchanged, name));
    const touched = new Set([...gone, ...Object.keys(changed)]);
    const made = patch(baseOf(old), { snapshot: next, names: touched });
    expect(made.manifest).toBe(formatManifest(wanted));
    expect(made.responses).toBe(wanted.responses.length);
    expect(made.flags).toBe(all.length);

    const bodies = new Map(old.responses.map(({ path, body }) => [path, body]));
    for (const path of made.gone) expect(bodies.delete(path)).toBe(true);
    for (const { path, body } of made.written) {
      expect(bodies.get(path)).not.toBe(body);
      bodies.set(path, body);
    }
    expect(bodies).toEqual(new Map(wanted.responses.map(({ path, body }) => [path, body])));
  });
  fc.assert(trial, { numRuns: 300 });
});
