/** A release with mostly cached flags has the same bytes as a new compilation. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { compile } from "../../../schema/compile/compile.ts";
import type { TimedFlag } from "../../../schema/flag/snapshot.ts";
import { defaultProject } from "../../../schema/project/project.ts";
import { Responses } from "../../../server/routes/reads/responses.ts";
import { decisionsOf, flagOf, snapshotOf } from "../snapshots.ts";

const { environments } = defaultProject;
const name = fc.constantFrom("a", "b", "c", "d", "e_1", "constructor");
const states = fc.tuple(...environments.map(() => fc.boolean()));
const edit = fc.record({ name, isGone: fc.boolean(), states, description: fc.string() });

test("compile() of the next snapshot gives the bytes of a compilation of new objects, and Responses serves them", () => {
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 20 }), (edits) => {
      const flags = new Map<string, TimedFlag>();
      const responses = new Responses();
      for (const { name, isGone, states, description } of edits) {
        const enabled = Object.fromEntries(
          environments.map((one, at) => [one, states[at] === true]),
        );
        if (isGone) flags.delete(name);
        else flags.set(name, flagOf(name, { description, decisions: decisionsOf(enabled) }));
        const snapshot = snapshotOf([...flags.values()]);
        const release = compile(snapshot);
        expect(release).toEqual(compile(structuredClone(snapshot)));
        responses.serve(release);
        for (const { path, md5 } of release.responses)
          expect(responses.get(path)?.etag).toBe(`"${md5}"`);
        for (const gone of ["a", "b"].filter((one) => !flags.has(one)))
          expect(responses.get(`/v1/feature-flags/${gone}`)).toBe(undefined);
      }
    }),
    { numRuns: 50 },
  );
});

test("compile() and Responses return the same as new ones after edits of many flags", () => {
  const names = fc.integer({ min: 0, max: 699 }).map((number) => `flag_${number}`);
  const edits = fc.array(
    fc.record({ name: names, isGone: fc.boolean(), fewer: fc.boolean(), text: fc.string() }),
    { maxLength: 12 },
  );
  const trial = fc.property(edits, (list) => {
    // Edits add odd numbers, so that new flags are between others.
    const flags = new Map(
      Array.from({ length: 350 }, (_, at) => [`flag_${2 * at}`, flagOf(`flag_${2 * at}`)]),
    );
    const responses = new Responses();
    for (const { name, isGone, fewer, text } of list) {
      if (isGone) flags.delete(name);
      else flags.set(name, flagOf(name, { description: text }));
      const snapshot = snapshotOf([...flags.values()]);
      const project = { ...defaultProject, environments: environments.slice(0, 1) };
      const release = compile(fewer ? { ...snapshot, project } : snapshot);
      expect(release).toEqual(
        compile(structuredClone(fewer ? { ...snapshot, project } : snapshot)),
      );
      responses.serve(release);
      for (const { path, md5 } of release.responses)
        expect(responses.get(path)?.etag).toBe(`"${md5}"`);
      expect(responses.get(`/v1/feature-flags/${name}`) === undefined).toBe(isGone);
      expect(responses.get(`/${environments[1]}/v1/feature-flags/`) === undefined).toBe(fewer);
    }
  });
  fc.assert(trial, { numRuns: 15 });
});

test("compile() refuses two flags with one name", () => {
  expect(() => compile(snapshotOf([flagOf("a"), flagOf("b"), flagOf("a")]))).toThrow(
    'it has two flags "a"',
  );
});

test("compile() keeps the responses of flags that did not change", () => {
  const [a, b] = [flagOf("a"), flagOf("b")];
  const before = compile(snapshotOf([a, b])).responses;
  const after = compile(snapshotOf([a, flagOf("b", { description: "Another" })])).responses;
  const changed = after.filter((response) => !before.includes(response)).map(({ path }) => path);
  expect(changed.some((path) => path.endsWith("/b"))).toBe(true);
  expect(changed.some((path) => path.endsWith("/a"))).toBe(false);
});
