/** Histories of a few flags: edits, moves, merges, branches that went apart, commits that are not valid. */
import fc from "fast-check";
import type { ImportedCommit } from "../../git/import.ts";

const flag = (text: string) => `description: Plan meals\nowner: nutrition\n${text}`;
export const on = flag("enabled: true\n");
export const off = flag("enabled: false\n");
export const stagingOnly = flag("enabled: false\nenvironments:\n  staging:\n    enabled: true\n");
/** So many minutes after the first commit. */
export function at(minutes: number): number {
  return 1_700_000_000 + minutes * 60;
}

interface Step {
  /** Any commit before it; -1 for the last. */
  readonly parent: number;
  readonly merged: number | null;
  readonly minutes: number;
  readonly files: Readonly<Record<string, string | null>>;
}

const files = ["a/meals", "b/meals", "a/steps", "b/steps", "a/invites"];
const text = fc.constantFrom(on, off, stagingOnly, on, off, "enabled: maybe\n");
const changes = fc.dictionary(fc.constantFrom(...files), fc.option(text), { maxKeys: 2 });
const step: fc.Arbitrary<Step> = fc.record({
  parent: fc.oneof({ weight: 5, arbitrary: fc.constant(-1) }, fc.nat(11)),
  merged: fc.option(fc.nat(11), { freq: 3 }),
  minutes: fc.nat(20),
  files: changes,
});

function plan(steps: readonly Step[]): ImportedCommit[] {
  return steps.map(({ parent, merged, minutes, files }, position) => {
    const first = parent === -1 ? position - 1 : parent % position;
    const second = merged === null ? first : merged % position;
    const parents = position === 0 ? [] : [...new Set([first, second])];
    const named = Object.entries(files).map(([name, text]) => [`flags/${name}.yaml`, text]);
    return { parents, time: at(minutes), files: Object.fromEntries(named) };
  });
}

/** For `importCommits()`. */
export const flagHistory: fc.Arbitrary<ImportedCommit[]> = fc
  .array(step, { minLength: 3, maxLength: 9 })
  .map(plan);
