// biome-ignore-all lint/suspicious/noTemplateCurlyInString: GitHub's expressions look like it
/** `action.yml`, and the workflows of `bunting init`, run like on GitHub. */
import { beforeAll, expect, test } from "vitest";
import { formatWorkflows } from "../../scripts/init/workflows.ts";
import { conclusionsOf } from "./site/conclusions.ts";
import { publishHead } from "./site/publish-head.ts";
import { type Site, startSite } from "./site/site.ts";

/** Timeout of a test that runs workflows on a busy machine. */
const options = { timeout: 400_000 };

let site: Site;
beforeAll(async () => {
  site = await startSite();
  // The program itself, as the action installs it.
  delete site.env.BUNTING_COMMANDS;
  await publishHead(site);
});

const workflow = (command: string) => `name: Command
on:
  workflow_dispatch:
permissions: {}
jobs:
  run:
    runs-on: ubuntu-24.04
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@v6
        with: { fetch-depth: 0 }
      - uses: ./
        with:
          command: ${JSON.stringify(command)}
      - run: bunting --version
`;

test(
  "action.yml runs a command with quoted words, and installs bunting for later steps",
  options,
  async () => {
    const command = 'publish --to site --allow "first, $(touch evil)" --format json';
    site.branch("main", { ".github/workflows/command.yml": workflow(command) });
    const run = await site.ask("Command");
    expect(conclusionsOf([run])).toEqual({ Command: "success" });
    const log = run.jobs.run?.log ?? "";
    expect(log).toContain('"status": "published"');
    expect(log).toMatch(/^\d+\.\d+\.\d+$/m);
  },
);

test("action.yml fails with its command", options, async () => {
  site.branch("main", { ".github/workflows/command.yml": workflow("plan --base nowhere") });
  const run = await site.ask("Command");
  expect(run.conclusion).toBe("failure");
  expect(run.jobs.run?.log).toContain('Cannot find "nowhere"');
});

test("a workflow of bunting init runs ours, with the caller's variables", options, async () => {
  const files = formatWorkflows("mealtrack/bunting", "0.1.0");
  const text = files[".github/workflows/drift.yml"] ?? "";
  site.branch("main", { ".github/workflows/team.yml": text.replace("name: Drift", "name: Team") });
  await publishHead(site);
  const run = await site.ask("Team");
  expect(conclusionsOf([run])).toEqual({ Team: "success" });
  expect(run.jobs["drift / drift"]?.log).toContain("agree");
});
