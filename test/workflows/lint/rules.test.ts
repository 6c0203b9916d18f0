// biome-ignore-all lint/suspicious/noTemplateCurlyInString: GitHub's expressions look like it
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { listWorkflows } from "../site/files.ts";
import { findMistakes } from "./rules.ts";

const good = readFileSync("test/fixtures/workflows/good.yml", "utf8");

describe.each(listWorkflows())("$name", ({ text }) => {
  test("breaks no rule", () => {
    expect(findMistakes(text)).toEqual([]);
  });
});

test("all workflows use one commit and one version of each action", () => {
  const uses = listWorkflows().flatMap(({ text }) => [...text.matchAll(/uses: (\S+)@(.+)$/gm)]);
  const pins = new Map<string, Set<string>>();
  for (const [, action = "", pin = ""] of uses) {
    pins.set(action, new Set([...(pins.get(action) ?? []), pin]));
  }
  expect(pins.size).toBeGreaterThan(2);
  for (const [action, found] of pins) expect([...found], action).toHaveLength(1);
});

describe("findMistakes()", () => {
  test("finds no mistake in the unchanged fixture", () => {
    expect(findMistakes(good)).toEqual([]);
  });

  const checkout = "actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2";
  test.each<[rule: string, right: string, wrong: string]>([
    ["pinned-action", checkout, "actions/checkout@v6"],
    ["pinned-action", checkout, "actions/checkout@de0fac2 # v6.0.2"],
    ["pinned-action", checkout, checkout.replace(" # v6.0.2", "")],
    ["pinned-action", checkout, checkout.replace("v6.0.2", "v6")],
    ["pinned-action", checkout, checkout.replace("v6.0.2", "latest")],
    ["pinned-action", "octo/say@", "./say@"],
    ["pinned-image", "debian:12@sha256:8f69", "debian:12 # 8f69"],
    ["pinned-image", "debian:12@sha256:8f69", "debian:12@sha256:${{ vars.IMAGE }}"],
    ["no-permissions-at-the-top", "permissions: {}\n", "\n"],
    ["no-permissions-at-the-top", "permissions: {}\n", "permissions: read-all\n"],
    ["no-permissions-at-the-top", "permissions: {}\n", "permissions: { contents: read }\n"],
    ["permissions-by-job", "permissions:\n      contents: read", "env:\n      contents: read"],
    ["permissions-by-job", "permissions:\n      contents: read", "permissions: write-all"],
    ["time-out", "    timeout-minutes: 10\n", ""],
    ["time-out", "timeout-minutes: 10", "timeout-minutes: 360"],
    ["time-out", "timeout-minutes: 10", "timeout-minutes: 0"],
    ["no-injection", 'echo "$MESSAGE"', 'echo "${{ github.event.head_commit.message }}"'],
    ["no-injection", 'echo "$MESSAGE"', "|\n          true\n          echo ${{github.sha}}"],
    ["no-injection", 'return "done"', 'return "${{ github.event.head_commit.message }}"'],
    ["no-token-left-behind", "persist-credentials: false", "persist-credentials: true"],
    ["no-token-left-behind", "persist-credentials: false", "fetch-depth: 1"],
    ["no-pull-request-target", "  push:\n", "  pull_request_target:\n"],
    ["no-pull-request-target", "on:\n  push:\n    branches: [main]", "on: [pull_request_target]"],
    ["no-stored-keys", 'script: return "done"', "aws-access-key-id: AKIA"],
    ["no-stored-keys", 'script: return "done"', "aws-secret-access-key: abc"],
  ])("reports by the rule %s that %j is replaced by %j", (rule, right, wrong) => {
    expect(findMistakes(replaceOnce(good, right, wrong)).map((mistake) => mistake.rule)).toEqual([
      rule,
    ]);
  });

  const pull = replaceOnce(good, "push:", "pull_request:");
  const run = replaceOnce(
    good,
    "push:\n    branches: [main]",
    "workflow_run:\n    workflows: [Other]",
  );
  test.each<[rule: string, base: string, right: string, wrong: string]>([
    ["nothing-for-strangers", pull, "contents: read", "contents: write"],
    ["nothing-for-strangers", pull, "contents: read", "id-token: write"],
    [
      "nothing-for-strangers",
      pull,
      "timeout-minutes: 10",
      "timeout-minutes: 10\n    environment: a",
    ],
    ["nothing-for-strangers", pull, "github.event.head_commit.message", "secrets.KEY"],
    ["nothing-for-strangers", pull, "github.event.head_commit.message", "github.token"],
    ["nothing-for-strangers", pull, "github.event.head_commit.message", "toJSON(secrets)"],
    ["reviewed-code-alone", run, "persist-", "ref: refs/pull/1/head\n          persist-"],
    ["reviewed-code-alone", run, "persist-", "repository: a/b\n          persist-"],
  ])(
    "reports by the rule %s, in a workflow that anybody can start: %#",
    (rule, base, right, wrong) => {
      expect(findMistakes(base)).toEqual([]);
      expect(findMistakes(replaceOnce(base, right, wrong)).map((mistake) => mistake.rule)).toEqual([
        rule,
      ]);
    },
  );

  test("reports the line and the value", () => {
    const found = "actions/checkout@v6";
    expect(findMistakes(replaceOnce(good, checkout, found))).toEqual([
      { line: 15, rule: "pinned-action", found },
    ]);
  });
});

function replaceOnce(text: string, right: string, wrong: string): string {
  expect(text.split(right)).toHaveLength(2);
  return text.replace(right, () => wrong);
}
