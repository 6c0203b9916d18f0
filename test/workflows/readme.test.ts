import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import type { Workflow } from "./runner/workflow.ts";
import { listWorkflows } from "./site/files.ts";

const readme = readFileSync(".github/README.md", "utf8");
const workflows = listWorkflows();

test(".github/README.md describes every workflow, and every file that it names exists", () => {
  for (const { name } of workflows) expect(readme).toContain(`(workflows/${name})`);
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = ""]) => link);
  for (const link of links) expect(existsSync(`.github/${link}`), link).toBe(true);
});

test(".github/README.md lists exactly the variables and secrets that workflows read", () => {
  const used = (context: string) =>
    workflows.flatMap(({ text }) =>
      [...text.matchAll(new RegExp(`\\b${context}\\.(\\w+)`, "g"))].map(([, name = ""]) => name),
    );
  const listed = [...readme.matchAll(/^\| `([A-Z_0-9]+)` \|/gm)].map(([, name]) => name);
  expect(listed.sort()).toEqual([...new Set(used("vars"))].sort());
  for (const secret of used("secrets")) expect(readme).toContain(`\`${secret}\``);
});

test(".github/README.md lists what the jobs of each workflow may write", () => {
  const words: Record<string, string> = {
    "pull-requests": "pull requests",
    "id-token": "the bucket|identity",
  };
  for (const { name, text } of workflows) {
    const jobs = Object.values((parse(text) as Workflow).jobs);
    const written = jobs.flatMap(({ permissions = {} }) =>
      Object.keys(permissions).filter((area) => permissions[area] === "write"),
    );
    const row = readme.split("\n").find((line) => line.includes(`(workflows/${name})`)) ?? "";
    const documented = row.split("|").at(-2)?.trim() ?? "";
    for (const area of written) expect(documented, name).toMatch(new RegExp(words[area] ?? area));
    expect(documented === "nothing", name).toBe(written.length === 0);
  }
});
