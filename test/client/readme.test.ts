/** The commands in `client/README.md` print what the page shows. */
import { spawnSync } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { temporaryDirectory } from "../git/repository.ts";
import { top } from "../scripts/setup/run.ts";

const readme = readFileSync(path.join(top, "client/README.md"), "utf8");
const clone = path.join(temporaryDirectory(), "a clone");

/** The commands with their output. The example has its own test. */
const steps = [...readme.matchAll(/^```console\n([\s\S]*?)^```/gm)]
  .map(([, text = ""]) => text)
  .filter((text) => !text.includes("run --silent example"))
  .flatMap((text) => text.split(/^\$ /m).slice(1))
  .map((step) => step.split("\n"));

describe("client/README.md", () => {
  beforeAll(() => {
    const origin = pathToFileURL(top).href;
    const cloned = spawnSync("git", ["clone", "--quiet", "--depth=1", origin, clone]);
    expect(cloned.stderr.toString()).toBe("");
    symlinkSync(path.join(top, "node_modules"), path.join(clone, "node_modules"));
  });

  test.each(steps)("%s", (command, ...output) => {
    const shown = (text: string) => text.replaceAll(/ +\d+ bytes/g, " SIZE").trim();
    expect(shown(run(command ?? ""))).toBe(shown(output.join("\n")));
  });
});

function run(command: string): string {
  const env = { ...process.env, NO_COLOR: "1", npm_config_loglevel: "error" };
  const { stdout, stderr } = spawnSync("bash", ["-c", command], {
    cwd: clone,
    encoding: "utf8",
    env,
  });
  return stdout + stderr;
}
