import { expect, test } from "vitest";
import { format } from "../../../schema/yaml/edit.ts";
import { removeSteps } from "../../../schema/yaml/remove-steps.ts";

const text = `# why this flag is there
enabled: true
rollout: 5 # per clinic
# what was agreed
schedule:
  # the first wave
  - { at: 2026-12-01T08:00:00Z, rollout: 25 } # half of the north
  # the second wave
  - { at: 2026-12-08T08:00:00Z, rollout: 100 }
  # nothing later
environments:
  staging:
    enabled: true
    # as in production
    schedule:
      - { at: 2026-11-01T08:00:00Z, enabled: false } # the audit
      # the end
owner: billing # since May
`;

test("format() writes each step of a schedule on one line", () => {
  expect(format(text)).toBe(text);
  const block = text.replace(
    /\{ at: (\S+), rollout: 25 \} # half of the north/,
    "at: $1\n    rollout: 25",
  );
  expect(format(block)).toBe(text.replace(" # half of the north", ""));
});

test("format() writes a step with a comment on several lines", () => {
  const commented =
    "enabled: true\nschedule:\n  - at: 2026-12-01T08:00:00Z # Monday\n    rollout: 25\n";
  expect(format(commented)).toBe(commented);
});

test("format() does not change a variant called schedule", () => {
  const variants =
    "enabled: true\nvariants:\n  a:\n    schedule:\n      - at: x\n  b:\n    schedule: []\n";
  expect(format(variants)).toBe(variants);
});

test("removeSteps() removes the line of the first step and nothing else", () => {
  const line = "  - { at: 2026-12-01T08:00:00Z, rollout: 25 } # half of the north\n";
  expect(removeSteps(text, [], 1)).toBe(text.replace(line, ""));
});

test("removeSteps() removes the key with the last step, and keeps the comments on other lines", () => {
  const all = removeSteps(text, [], 2);
  expect(all).not.toContain("2026-12");
  for (const comment of text.match(/# [a-z ]+/gi) ?? []) {
    if (comment !== "# half of the north") expect(all).toContain(comment);
  }
  expect(format(all)).toBe(all);
  const staging = removeSteps(text, ["environments", "staging"], 1);
  expect(staging).toContain("    enabled: true\n    # as in production\n    # the end\n");
  expect(staging).toContain("owner: billing # since May\n");
});

test("removeSteps() removes a step that has several lines", () => {
  const lines =
    "enabled: true\nschedule:\n  - at: 2026-12-01T08:00:00Z # Monday\n    rollout: 25\n  - { at: 2026-12-08T08:00:00Z, rollout: 100 }\n";
  expect(removeSteps(lines, [], 1)).toBe(
    "enabled: true\nschedule:\n  - { at: 2026-12-08T08:00:00Z, rollout: 100 }\n",
  );
});

test("removeSteps() works on a file in flow style", () => {
  const flow = "{ enabled: true, schedule: [ { at: 2026-12-01T08:00:00Z, rollout: 25 } ] } # why\n";
  expect(removeSteps(flow, [], 1)).toBe("enabled: true\n\n# why\n");
});

test("removeSteps() changes nothing if there is no schedule", () => {
  expect(removeSteps("enabled: true\n", [], 1)).toBe("enabled: true\n");
  expect(removeSteps(text, ["environments", "qa"], 1)).toBe(text);
});
