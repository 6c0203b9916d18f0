/** Histories of a few flags: edits, moves, merges, diverged branches, invalid commits. */
import fc from "fast-check";
import type { ImportedCommit } from "../../git/import.ts";

const flag = (text: string) => `description: Plan meals\nowner: nutrition\n${text}`;
export const on = flag("enabled: true\n");
export const off = flag("enabled: false\n");
export const stagingOnly = flag("enabled: false\nenvironments:\n  staging:\n    enabled: true\n");
/** Minutes after the first commit. */
export function at(minutes: number): number {
  return 1_700_000_000 + minutes * 60;
}

interface Step {
  /** Any commit before it; -1 for the last. */
  readonly parent: number;
  readonly merged: number | null;
  readonly minutes: number;
  /** By path from the top, without the extension. */
  readonly files: Readonly<Record<string, string | null>>;
}

/** Its rule refers to `flags/audiences/staff.yaml`. */
const forStaff = flag(
  "enabled: true\nrules:\n  - name: staff\n    if: { audience: staff }\n    rollout: 50\n",
);
const afterSteps = flag("enabled: true\nrequires: [steps]\n");
const afterInvites = flag("enabled: true\nrequires: [invites]\n");
const staff = (domain: string) => flag(`if: { email_domain: ${domain}.example }\n`);

const files = ["a/meals", "b/meals", "a/steps", "b/steps", "a/invites"];
const text = fc.constantFrom(
  on,
  off,
  stagingOnly,
  on,
  off,
  "enabled: maybe\n",
  forStaff,
  afterSteps,
  afterInvites,
);
const flagChanges = fc.dictionary(fc.constantFrom(...files), fc.option(text), { maxKeys: 2 });
const audience = fc.option(fc.constantFrom(staff("acme"), staff("other"), staff("acme")));
const changes = fc
  .tuple(flagChanges, fc.oneof({ weight: 6, arbitrary: fc.constant(undefined) }, audience))
  .map(([flags, text]) => (text === undefined ? flags : { ...flags, "audiences/staff": text }));
const step: fc.Arbitrary<Step> = fc.record({
  parent: fc.oneof({ weight: 5, arbitrary: fc.constant(-1) }, fc.nat(11)),
  merged: fc.option(fc.nat(11), { freq: 3 }),
  minutes: fc.nat(20),
  files: changes,
});

const project = "attributes:\n  email_domain: string\n";

function plan(steps: readonly Step[]): ImportedCommit[] {
  return steps.map(({ parent, merged, minutes, files: changed }, position) => {
    const firstParent = parent === -1 ? position - 1 : parent % position;
    const second = merged === null ? firstParent : merged % position;
    const parents = position === 0 ? [] : [...new Set([firstParent, second])];
    const named = Object.entries(changed).map(([name, text]) => [`flags/${name}.yaml`, text]);
    const first = { "bunting.yaml": project, "flags/audiences/staff.yaml": staff("acme") };
    const files = { ...(position === 0 && first), ...Object.fromEntries(named) };
    return { parents, time: at(minutes), files };
  });
}

/** The history as commits for `importCommits()`. */
export const flagHistory: fc.Arbitrary<ImportedCommit[]> = fc
  .array(step, { minLength: 3, maxLength: 9 })
  .map(plan);
