/** `bunting init` from the installed package, in a new directory. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { bareEnvironment, top } from "../scripts/run.ts";
import { actionlint } from "../workflows/lint/lint.ts";
import { parseWorkflow } from "../workflows/runner/workflow.ts";
import { Application, installPackage } from "./tarball.ts";

let installed = "";
beforeAll(() => {
  installed = installPackage();
});

const options = ["--environments", "production,qa,dev", "--naming", "kebab-case"];

describe("bunting init", () => {
  test("makes a repository that validates, plans, builds and starts, with other environments and names", async () => {
    const team = new Application(installed, {});
    const init = team.run("bunting", "init", "--yes", ...options, "--owner", "@acme/platform");
    expect(init.output).toContain("wrote bunting.yaml\n");
    expect(init.code).toBe(0);
    expect(team.run("bunting", "validate")).toEqual({
      code: 0,
      output: "1 flag, 3 environments, no problems\n",
    });
    expect(team.run("bunting", "format", "--check").code).toBe(0);
    const git = (...args: string[]) => {
      const identity = ["-c", "user.name=A", "-c", "user.email=a@bunting.example"];
      const { code, output } = team.run("git", ...identity, ...args);
      expect(code, output).toBe(0);
    };
    git("init", "--quiet", "--initial-branch=main");
    git("add", "--all");
    git("commit", "--quiet", "--message=Begin with feature flags");
    git("switch", "--quiet", "--create", "turn-on");
    const flag = path.join(team.directory, "flags/example/welcome-banner.yaml");
    const text = readFileSync(flag, "utf8");
    expect(text).toContain("environments:\n  dev:\n    enabled: true\n");
    writeFileSync(flag, text.replace("enabled: false", "enabled: true"));
    git("commit", "--quiet", "--all", "--message=Turn welcome-banner on");
    const plan = team.run("bunting", "plan").output;
    expect(plan).toContain("\nproduction\n  ~ welcome-banner: off → on\n");
    expect(plan).toContain("\nqa\n  ~ welcome-banner: off → on\n");
    expect(team.run("bunting", "build", "--out", "out").code).toBe(0);
    const served = await serveOnce(team, "/qa/v1/feature-flags/welcome-banner");
    expect(served).toEqual(
      readFileSync(
        path.join(team.directory, "out/qa/v1/feature-flags/welcome-banner.json"),
        "utf8",
      ),
    );
  });

  test("never overwrites, and writes the rest", () => {
    const team = new Application(installed, { "bunting.yaml": "environments: [live]\n" });
    const { code, output } = team.run("bunting", "init", "--yes");
    expect(code).toBe(0);
    expect(output).toContain("kept  bunting.yaml, which exists\n");
    expect(output).toContain("wrote .github/CODEOWNERS\n");
    const kept = readFileSync(path.join(team.directory, "bunting.yaml"), "utf8");
    expect(kept).toBe("environments: [live]\n");
    expect(output).not.toContain("flags/");
    const schema = readFileSync(path.join(team.directory, "schema/flag.schema.json"), "utf8");
    expect(JSON.parse(schema).properties.environments.properties).toEqual({});
    expect(
      JSON.parse(team.run("bunting", "init", "--yes", "--format", "json").output),
    ).toMatchObject({ written: [] });
    const again = team.run("bunting", "init", "--yes", "--naming", "kebab-case").output;
    expect(again).toContain("bunting.yaml exists, so --environments and --naming have no effect\n");
    expect(again).not.toContain("Next: ");
  });

  test("writes into a directory, and a hook that runs if asked to", () => {
    const team = new Application(installed, {});
    const { code } = team.run("bunting", "init", "flags-repo", "--yes", "--hook");
    expect(code).toBe(0);
    const hook = path.join(team.directory, "flags-repo/.githooks/pre-commit");
    expect(statSync(hook).mode & 0o111).toBe(0o111);
    expect(readFileSync(hook, "utf8")).toContain(`npx --yes bunting@${version}`);
    expect(readdirSync(team.directory).sort()).toEqual(["flags-repo", "node_modules"]);
  });

  test.each([
    [["--environments", "Production"], "--environments"],
    [["--environments", "a,a"], "--environments"],
    [["--naming", "PascalCase"], "it must be snake_case or kebab-case"],
    [["--owner", "platform"], "it must be @LOGIN or @ORGANISATION/TEAM"],
  ])("refuses %j and writes nothing", (args, message) => {
    const team = new Application(installed, {});
    const { code, output } = team.run("bunting", "init", "--yes", ...args);
    expect(output).toContain(message);
    expect(code).toBe(2);
    expect(readdirSync(team.directory)).toEqual(["node_modules"]);
  });
});

describe("the workflows of bunting init", () => {
  test("call ours at this version, with the inputs and permissions that these declare", async () => {
    const team = new Application(installed, {});
    team.run("bunting", "init", "--yes", ...options);
    const folder = path.join(team.directory, ".github/workflows");
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

/** Starts the server with everything embedded, asks it once, and ends it. */
async function serveOnce(team: Application, url: string): Promise<string> {
  const child = spawn("node_modules/.bin/bunting", ["start"], {
    cwd: team.directory,
    env: { ...bareEnvironment, PORT: "0", LOG_LEVEL: "silent" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  let banner = "";
  try {
    await new Promise<void>((resolve, reject) => {
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        banner += text;
        if (/shown this once: \S+\n/.test(banner)) resolve();
      });
      child.once("exit", () => reject(new Error(`Cannot start: ${banner}`)));
    });
    const api = /API +(http:\/\/[^/]+)/.exec(banner)?.[1] ?? "";
    const token = /shown this once: (\S+)/.exec(banner)?.[1] ?? "";
    const answer = await fetch(api + url, { headers: { Authorization: `Bearer ${token}` } });
    return await answer.text();
  } finally {
    child.kill("SIGTERM");
    await ended;
  }
}
