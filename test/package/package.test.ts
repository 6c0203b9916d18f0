/** The contents of a release, used in directories outside of this repository, as after an installation. */
import { spawn } from "node:child_process";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { bareEnvironment, runNpm, top } from "../scripts/setup/run.ts";
import { testSnippets } from "./snippets.ts";
import { Application, makeRelease, type Release } from "./tarball.ts";

let release: Release;
let installed = "";
beforeAll(async () => {
  release = await makeRelease();
  installed = release.installed;
});

const { version } = JSON.parse(readFileSync(path.join(top, "package.json"), "utf8"));

describe("npm run release", () => {
  test("with --dry-run packs, and lists exactly what is in the bundle", () => {
    const { stdout, directory } = release;
    expect(stdout).toMatch(new RegExp(`^Would publish bunting ${version}: .*, \\d+ kB\\n$`));
    expect(readdirSync(directory).sort()).toEqual([
      `bunting-${version}.cdx.json`,
      `bunting-${version}.tgz`,
    ]);
    const text = readFileSync(path.join(directory, `bunting-${version}.cdx.json`), "utf8");
    const bom = JSON.parse(text);
    expect(bom.bomFormat).toBe("CycloneDX");
    const names = bom.components.map((component: { name: string }) => component.name);
    expect(names).toEqual(expect.arrayContaining(["express", "@aws-sdk/client-s3", "yaml"]));
    expect(names).not.toContain("vitest");
  });

  test("refuses a tag of another version", async () => {
    const args = ["run", "--silent", "release", "--", "--skip-tests", "--tag", "v0.0.1"];
    const { code, stderr } = await runNpm(args, { in: top });
    expect(stderr).toContain(`Cannot release "v0.0.1": package.json has the version ${version}`);
    expect(code).toBe(2);
  });
});

describe("the tarball", () => {
  test("has the bundle, types, schemas and licences, and no other files of the repository", () => {
    const root = path.join(installed, "bunting");
    expect(readdirSync(root).sort()).toEqual(["LICENSE", "README.md", "dist", "package.json"]);
    const out = path.join(root, "dist/package");
    expect(readdirSync(out).sort()).toEqual(
      ["THIRD-PARTY-LICENSES.txt", "bunting.js", "chunks", "client", "schema"].sort(),
    );
    expect(readdirSync(path.join(out, "schema"))).toContain("flag.schema.json");
    const licenses = readFileSync(path.join(out, "THIRD-PARTY-LICENSES.txt"), "utf8");
    for (const name of ["express", "yaml", "@aws-sdk/client-s3"])
      expect(licenses).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(`, "m"));
  });

  test("needs no other package, and stays small", () => {
    expect(readdirSync(installed).filter((name) => !name.startsWith("."))).toEqual(["bunting"]);
    const files = readdirSync(path.join(installed, "bunting"), {
      recursive: true,
      encoding: "utf8",
    });
    const sizes = files.map((file) => statSync(path.join(installed, "bunting", file)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(6_000_000);
  });

  test("has no path of the machine that made it", () => {
    const out = path.join(installed, "bunting/dist/package");
    for (const file of readdirSync(out, { recursive: true, encoding: "utf8" })) {
      if (!/\.[cm]?[jt]s$/.test(file)) continue;
      expect(readFileSync(path.join(out, file), "utf8").includes(top), file).toBe(false);
    }
  });
});

describe("bunting, installed", () => {
  const flag = "description: Plan meals\nenabled: true\nowner: nutrition\n";

  test("npx bunting names itself in its help", () => {
    const application = new Application(installed, {});
    const { code, output } = application.run("npx", "--no-install", "bunting", "plan", "--help");
    expect(output).toContain("Usage: npx bunting plan [options]");
    expect(code).toBe(0);
  });

  test("init makes a repository that validates, plans, builds and starts, with other environments and names", async () => {
    const team = new Application(installed, {});
    const names = ["--environments", "production,qa,dev", "--naming", "kebab-case"];
    const init = team.run("bunting", "init", "--yes", ...names, "--owner", "@acme/platform");
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

  test("validates, formats, builds and plans a repository elsewhere", () => {
    const application = new Application(installed, { "flags/nutrition/meal_planning.yaml": flag });
    const git = (...args: string[]) => {
      const identity = ["-c", "user.name=A", "-c", "user.email=a@bunting.example"];
      expect(application.run("git", ...identity, ...args).code, args.join(" ")).toBe(0);
    };
    git("init", "--quiet", "--initial-branch=main");
    git("add", "flags");
    git("commit", "--quiet", "--message=Add a flag");
    const repo = application.directory;
    const other = new Application(installed, {});
    const bunting = (...args: string[]) => other.run("bunting", ...args, "--repo", repo);
    expect(bunting("validate")).toMatchObject({ code: 0 });
    expect(bunting("format", "--check")).toMatchObject({ code: 0 });
    expect(bunting("build").output).toContain("of 1 flag at ");
    expect(bunting("plan").output).toContain("nothing changes for consumers");
    expect(bunting("types", "--out", "names.ts").code).toBe(0);
    expect(readFileSync(path.join(other.directory, "names.ts"), "utf8")).toContain("meal_planning");
  });
});

describe("the snippets of documents", () => testSnippets(() => installed));

const openFeature = ["@openfeature/web-sdk", "@openfeature/server-sdk", "@openfeature/core"];
const useMemory = "const flags = createMemoryFlags({ meal_planning: true });";
const show = 'console.log(flags.isEnabled("meal_planning"), typeof createFlags);';

describe("the client, installed", () => {
  test("evaluates on a server, as an ES module", () => {
    const application = new Application(
      installed,
      {
        "release/v1/definitions.json": '{"flags":{"meal_planning":{"enabled":true}}}',
        "main.mjs": `import { OpenFeature } from "@openfeature/server-sdk";
import { BuntingServerProvider } from "bunting/client/openfeature-server";
await OpenFeature.setProviderAndWait(new BuntingServerProvider({ directory: "release" }));
console.log(await OpenFeature.getClient().getBooleanValue("meal_planning", false));
`,
      },
      openFeature,
    );
    // The process ends by itself: a provider does not keep it running.
    expect(application.run("node", "main.mjs")).toEqual({ code: 0, output: "true\n" });
  });

  test("loads as an ES module", () => {
    const application = new Application(installed, {
      "main.mjs": `import { createFlags } from "bunting/client";
import { createMemoryFlags } from "bunting/client/memory";
import "bunting/client/worker";
${useMemory}
${show}
`,
    });
    expect(application.run("node", "main.mjs")).toEqual({ code: 0, output: "true function\n" });
  });

  test("loads by require(), and its lazy modules by import()", () => {
    const application = new Application(
      installed,
      {
        "main.cjs": `const { createFlags } = require("bunting/client");
const { createMemoryFlags } = require("bunting/client/memory");
const { FlagsProvider } = require("bunting/client/react");
const { BuntingProvider } = require("bunting/client/openfeature");
const { BuntingServerProvider } = require("bunting/client/openfeature-server");
const { serveFlags } = require("bunting/client/worker");
${useMemory}
${show}
console.log(typeof FlagsProvider, typeof BuntingProvider, typeof serveFlags);
console.log(typeof BuntingServerProvider);
const url = "data:application/json,{}";
const counted = createFlags({ url, onMetrics: () => {}, storage: null });
counted.ready.then(() => counted.close());
`,
      },
      ["react", ...openFeature],
    );
    const { code, output } = application.run("node", "main.cjs");
    expect(output).toMatch(/^true function\nfunction function function\nfunction\n/);
    expect(output).not.toContain("Error");
    expect(code).toBe(0);
  });

  /** A stored copy with a rule that compares versions. The source cannot be reached. */
  const copy = {
    environment: "application",
    flags: { meal_photos: false },
    updated_at: "2026-01-01T12:00:00Z",
    definitions: {
      flags: {
        meal_photos: {
          enabled: true,
          rollout: 0,
          rules: [{ name: "new", if: [["app_version", ">=", "4.2.0"]], rollout: 100 }],
        },
      },
    },
  };
  const compareVersions = `const storage = { getItem: () => ${JSON.stringify(JSON.stringify(copy))}, setItem() {} };
const context = { targetingKey: "u1", app_version: "4.3.0" };
const flags = createFlags({ url: "http://127.0.0.1:1/v1/feature-flags/", storage, context });
flags.ready.then(() => (console.log(flags.isEnabled("meal_photos")), flags.close()));
`;

  test.each([
    ["import", "main.mjs", 'import { createFlags } from "bunting/client/rules";'],
    ["require()", "main.cjs", 'const { createFlags } = require("bunting/client/rules");'],
  ])("loads the comparison of versions after %s", (_, file, load) => {
    const application = new Application(installed, { [file]: `${load}\n${compareVersions}` });
    expect(application.run("node", file)).toEqual({ code: 0, output: "true\n" });
  });

  test("loads the comparison of versions after esbuild has bundled it", () => {
    const main = `import { createFlags } from "bunting/client/rules";\n${compareVersions}`;
    const application = new Application(installed, {
      "main.js": main,
      "package.json": '{ "type": "module" }',
    });
    const args = ["--bundle", "--splitting", "--format=esm", "--outdir=out", "--log-level=warning"];
    expect(application.run("esbuild", "main.js", ...args)).toEqual({ code: 0, output: "" });
    expect(application.run("node", "out/main.js")).toEqual({ code: 0, output: "true\n" });
  });

  const typed = `import { createFlags } from "bunting/client";
import { createMemoryFlags } from "bunting/client/memory";
import { BuntingProvider } from "bunting/client/openfeature";
import { BuntingServerProvider } from "bunting/client/openfeature-server";
import { FlagsProvider, useFlag } from "bunting/client/react";
import { serveFlags } from "bunting/client/worker";
new BuntingServerProvider({ url: "https://cdn.example.com/v1/definitions.json", cacheFile: "a" });
// @ts-expect-error A directory has no event stream.
new BuntingServerProvider({ directory: "release", stream: true });
export const flags = createFlags<"meal_planning">({ url: "/v1/feature-flags/" });
flags.isEnabled("meal_planning");
// @ts-expect-error This flag does not exist.
flags.isEnabled("meal_plan");
export const on: boolean = createMemoryFlags({ a: true }).isEnabled("a");
export const all = [BuntingProvider, FlagsProvider, useFlag, serveFlags] as const;
`;
  const peers = [
    ...["react", "@types/react", "@types/node", "undici-types", "csstype", ...openFeature],
  ];

  test.each([
    ["bundler", "esnext", ["main.ts"]],
    ["nodenext", "nodenext", ["main.mts", "main.cts"]],
  ])("has types with moduleResolution %s", (moduleResolution, module, files) => {
    const compilerOptions = {
      ...{ module, moduleResolution, target: "es2022", lib: ["es2022", "dom"], strict: true },
      // The types of OpenFeature's server SDK need those of Node.
      ...{ noEmit: true, types: ["node"] },
    };
    const application = new Application(
      installed,
      {
        ...Object.fromEntries(files.map((file) => [file, typed])),
        "tsconfig.json": JSON.stringify({ compilerOptions, files }),
      },
      peers,
    );
    expect(application.run("tsc", "-p", ".")).toEqual({ code: 0, output: "" });
  });

  const page = `import { createFlags } from "bunting/client";
import { FlagsProvider } from "bunting/client/react";
document.title = String(createFlags({ url: "/v1/feature-flags/" }).isEnabled("a")) + FlagsProvider;
`;

  test("is bundled by esbuild", () => {
    const application = new Application(installed, { "page.js": page }, ["react"]);
    const args = ["--bundle", "--splitting", "--format=esm", "--outdir=out", "--log-level=warning"];
    expect(application.run("esbuild", "page.js", ...args)).toEqual({ code: 0, output: "" });
    expect(application.run("node", "--check", "out/page.js").code).toBe(0);
  });

  test("is bundled by Vite", () => {
    const files = {
      "index.html": '<!doctype html><script type="module" src="/page.js"></script>',
      "page.js": page,
      "package.json": '{ "type": "module" }',
    };
    const application = new Application(installed, files, ["react"]);
    const { code, output } = application.run("vite", "build", "--logLevel", "warn");
    expect(output).not.toMatch(/error|warn/i);
    expect(code).toBe(0);
    expect(readdirSync(path.join(application.directory, "dist/assets")).length).toBeGreaterThan(0);
  });

  test("its schemas are imported as JSON", () => {
    const application = new Application(installed, {
      "main.mjs":
        'import schema from "bunting/schema/flag.schema.json" with { type: "json" };\nconsole.log(schema.type);\n',
    });
    expect(application.run("node", "--no-warnings", "main.mjs").output).toBe("object\n");
  });
});

/** Starts the server with everything embedded, sends one request, and ends it. */
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
