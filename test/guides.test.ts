/// <reference path="setup/provided.d.ts" />
/**
 * The commands in `docs/guides/` print what the page shows. To update the pages, run the following
 * command and check the difference:
 *
 *     BLESS=1 npx vitest run test/guides.test.ts
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { normalize, ShownClone, type Step, stepsIn } from "./shown-commands.ts";

const file = path.resolve(import.meta.dirname, "../docs/guides/roll-out-a-feature.md");
const sections = readFileSync(file, "utf8").split(/^(?=## )/m);
const isBlessed = Boolean(process.env.BLESS);

describe("docs/guides/roll-out-a-feature.md", () => {
  let clone: ShownClone;

  beforeAll(async () => {
    clone = await ShownClone.create();
    clone.run("git switch --quiet --force-create main && git remote remove origin");
  });

  afterAll(() => {
    clone.remove();
    if (isBlessed) writeFileSync(file, sections.join(""));
  });

  for (const [index, section] of sections.entries()) {
    const steps = stepsIn(section);
    const [heading = ""] = section.split("\n");
    if (steps.length === 0) continue;
    test(`${heading.slice("## ".length)}: ${steps.length} commands`, {
      timeout: 120_000,
    }, async () => {
      const run = async () => {
        for (const step of steps) check(index, step);
      };
      const serve = [process.execPath, inject("program"), "start"] as const;
      await (section.includes("127.0.0.1:8080") ? clone.whileServing(run, serve) : run());
    });
  }

  function check(index: number, { command, output }: Step): void {
    const actual = clone.run(command);
    if (!isBlessed) expect(normalize(actual), command).toBe(normalize(output));
    const shown = command.replaceAll("\n", "\n> ");
    const old = `$ ${shown}\n${output && `${output}\n`}`;
    const text = actual.trim();
    sections[index] = (sections[index] ?? "").replace(
      old,
      () => `$ ${shown}\n${text && `${text}\n`}`,
    );
  }
});
