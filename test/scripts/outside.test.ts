/** Commands in a directory that is not the top of a repository of flags. */
import { readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory, testRepository } from "../git/repository.ts";
import { runScript } from "./run.ts";

describe("outside of a repository of flags", () => {
  test.each(["validate", "format", "schema"])(
    "%s names the command that makes one",
    async (name) => {
      const directory = temporaryDirectory();
      const { code, stderr } = await runScript(name, [], { in: directory });
      expect(stderr).toBe(
        'Cannot find flags/ or bunting.yaml in "."\n  hint: bunting init writes a first flag; --repo names another directory\n',
      );
      expect(code).toBe(2);
      expect(readdirSync(directory)).toEqual([]);
    },
  );

  test("validate in a folder of a repository names its top", async () => {
    const repository = testRepository();
    repository.write({
      "bunting.yaml": "environments: [production]\n",
      "flags/billing/a.yaml": "",
    });
    const place = path.join(repository.directory, "flags/billing");
    const { code, stderr } = await runScript("validate", [], { in: place });
    expect(stderr).toContain('run the command in "../.."');
    expect(code).toBe(2);
  });
});
