/** `bunting init` in a new directory. */
/// <reference path="../setup/provided.d.ts" />
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, inject, test } from "vitest";
import { parse } from "yaml";
import { temporaryDirectory, testRepository } from "../git/repository.ts";
import { bareEnvironment, runScript, top } from "../scripts/setup/run.ts";
import { actionlint } from "../workflows/lint/lint.ts";
import { parseWorkflow } from "../workflows/runner/workflow.ts";

async function init(directory: string, ...args: string[]) {
  const { code, stdout, stderr } = await runScript("init", ["--yes", ...args], { in: directory });
  return { code, output: stdout + stderr };
}

const options = ["--environments", "production,qa,dev", "--naming", "kebab-case"];

describe("bunting init", () => {
  test("never overwrites, and writes the rest", async () => {
    const directory = temporaryDirectory();
    writeFileSync(path.join(directory, "bunting.yaml"), "environments: [live]\n");
    const { code, output } = await init(directory);
    expect(code).toBe(0);
    expect(output).toContain("kept  bunting.yaml, which exists\n");
    expect(output).toContain("wrote .github/CODEOWNERS\n");
    const kept = readFileSync(path.join(directory, "bunting.yaml"), "utf8");
    expect(kept).toBe("environments: [live]\n");
    expect(output).not.toContain("flags/");
    const schema = readFileSync(path.join(directory, "schema/flag.schema.json"), "utf8");
    expect(JSON.parse(schema).properties.environments.properties).toEqual({});
    const json = await init(directory, "--format", "json");
    expect(JSON.parse(json.output)).toMatchObject({ written: [] });
    const { output: again } = await init(directory, "--naming", "kebab-case");
    expect(again).toContain("bunting.yaml exists, so --environments and --naming have no effect\n");
    expect(again).not.toContain("Next: ");
  });

  test("writes into a directory", async () => {
    const directory = temporaryDirectory();
    expect((await init(directory, "flags-repo")).code).toBe(0);
    expect(readdirSync(directory)).toEqual(["flags-repo"]);
  });

  test("--hook writes a hook that checks commits without the network, or says what to install", async () => {
    const repository = testRepository();
    const { directory } = repository;
    await init(directory, "--hook");
    repository.git("config", "core.hooksPath", ".githooks");
    repository.git("add", "--all");
    const identity = ["-c", "user.name=A", "-c", "user.email=a@bunting.example"];
    const commit = () => {
      const registry = {
        npm_config_registry: "http://127.0.0.1:9/",
        npm_config_fetch_retries: "0",
      };
      const env = { ...bareEnvironment, ...registry };
      const options = { cwd: directory, env, encoding: "utf8" } as const;
      const { status, stderr } = spawnSync(
        "git",
        [...identity, "commit", "--message=Begin"],
        options,
      );
      return { status, stderr };
    };
    expect(commit()).toEqual({
      status: 1,
      stderr: `Cannot check flags: bunting is not in node_modules; run: npm install --save-dev bunting@${version}\n`,
    });

    const program = path.join(directory, "node_modules/.bin/bunting");
    mkdirSync(path.dirname(program), { recursive: true });
    writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${inject("program")}' "$@"\n`);
    chmodSync(program, 0o755);
    const flag = path.join(directory, "flags/example/welcome_banner.yaml");
    const text = readFileSync(flag, "utf8");
    writeFileSync(flag, text.replace("enabled: false", "enabled:   false"));
    expect(commit()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining("run: npx bunting format\n"),
    });
    writeFileSync(flag, text.replace("enabled: false", "enabled: maybe"));
    expect(commit()).toMatchObject({ status: 1, stderr: expect.stringContaining("[wrong-type]") });
    writeFileSync(flag, text);
    expect(commit()).toMatchObject({ status: 0 });
  });

  test.each([
    [["--environments", "Production"], "--environments"],
    [["--environments", "a,a"], "--environments"],
    [["--naming", "PascalCase"], "it must be snake_case or kebab-case"],
    [["--owner", "platform"], "it must be @LOGIN or @ORGANISATION/TEAM"],
  ])("refuses %j and writes nothing", async (args, message) => {
    const directory = temporaryDirectory();
    const { code, output } = await init(directory, ...args);
    expect(output).toContain(message);
    expect(code).toBe(2);
    expect(readdirSync(directory)).toEqual([]);
  });
});

describe("the workflows of bunting init", () => {
  test("call ours at this version, with the inputs and permissions that these declare", async () => {
    const directory = temporaryDirectory();
    await init(directory, ...options);
    const folder = path.join(directory, ".github/workflows");
    const files = readdirSync(folder);
    expect(files).toContain("publish.yml");
    for (const file of files) {
      const text = readFileSync(path.join(folder, file), "utf8");
      expect(await actionlint(file, text), file).toEqual([]);
      const [job] = Object.values(parseWorkflow(text).jobs);
      const called = `mealtrack/bunting/.github/workflows/${file}@v${version}`;
      expect(job?.uses, file).toBe(called);
      const ours = parseWorkflow(readFileSync(path.join(top, ".github/workflows", file), "utf8"));
      const inputs = Object.keys((ours.on.workflow_call?.inputs ?? {}) as object);
      expect(Object.keys(job?.with ?? {}), file).toEqual(inputs);
      for (const { permissions = {} } of Object.values(ours.jobs)) {
        for (const [area, level] of Object.entries(permissions)) {
          const given = job?.permissions?.[area];
          expect([level, "write"], `${file}, ${area}`).toContain(given);
        }
      }
    }
  });
});

const { version } = JSON.parse(readFileSync(path.join(top, "package.json"), "utf8"));

test("the version of Node is the same in .node-version, action.yml and the test container", () => {
  const read = (file: string) => readFileSync(path.join(top, file), "utf8");
  const node = read(".node-version").trim();
  const [set] = parse(read("action.yml")).runs.steps;
  expect(set.with["node-version"]).toBe(node);
  expect(read(".github/workflows/tests.yml")).toContain(`node:${node}-bookworm@sha256:`);
});
