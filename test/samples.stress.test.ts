/**
 * Runs tests in a copy of this checkout whose sample flags, project and owners are replaced by those of
 * another team. No test may depend on the samples, so those that read files of the checkout must pass
 * there. Only the tests of pages that show the samples do not run there.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { TestRepository, temporaryDirectory } from "./git/repository.ts";
import { bareEnvironment, runNpm, top } from "./scripts/setup/run.ts";

/** A page that shows commands and their output with the sample flags, as `README.md` and the guides do. */
const showsSamples = "readme.test.ts";

/** The tests that read files of the checkout, or run its commands. The others make all their files themselves. */
const readCheckout = [
  ...["test/schema", "test/scripts", "test/workflows", "test/github"],
  ...readdirSync(path.join(top, "test/client"))
    .filter((name) => name !== showsSamples)
    .map((name) => `test/client/${name}`),
  // Without `package.test.ts`: it makes a release, and npm does not accept linked node_modules.
  ...["test/package/init", "test/package/precompile-schemas", "test/architecture.test.ts"],
  ...["test/server/embedded", "test/store/writes", "test/store/remote/signer"],
];

const otherTeam = {
  "bunting.yaml": `format: 4
environments: [production, qa, dev]
order: [dev, qa, production]
names:
  pattern: "^[a-z][a-z0-9]*(-[a-z0-9]+)*$"
`,
  "flags/search/ranked-results.yaml":
    "description: Rank results by relevance\nenabled: true\nowner: search\n",
  "flags/checkout-team/one-step-checkout.yaml":
    "description: Pay in one step\nenabled: false\nowner: checkout-team\nenvironments:\n  qa:\n    enabled: true\n",
  ".github/CODEOWNERS": `* @acme/owners
/flags/search/ @acme/search
/flags/checkout-team/ @acme/checkout
${[".ci/", ".github/", "client/", "schema/", "scripts/", "server/", "store/"].map((folder) => `/${folder} @acme/core\n`).join("")}${[".node-version", ".npmrc", "action.yml", "bunting.yaml", "package-lock.json", "tsconfig.json", "vitest.config.ts"].map((file) => `/${file} @acme/core\n`).join("")}`,
};

test("the tests pass with the flags, project and owners of another team", async () => {
  const copy = copyCheckout();
  rmSync(path.join(copy.directory, "flags"), { recursive: true });
  copy.write(otherTeam);
  copy.commit(1_700_000_000);
  const generated = await runNpm(["run", "--silent", "schema"], { in: copy.directory });
  expect(generated).toMatchObject({ code: 0 });
  copy.commit(1_700_000_060);
  const validated = await runNpm(["run", "--silent", "validate"], { in: copy.directory });
  expect(validated).toMatchObject({ code: 0, stdout: "2 flags, 3 environments, no problems\n" });

  const args = [
    "run",
    "--reporter=dot",
    // Other stress tests run at the same time.
    "--maxWorkers=2",
    ...readCheckout,
  ];
  const { status, stdout, stderr } = spawnSync("npx", ["vitest", ...args], {
    ...{ cwd: copy.directory, encoding: "utf8", maxBuffer: 2 ** 28 },
    env: { ...bareEnvironment, NO_COLOR: "1", CI: process.env.CI },
  });
  expect(status, `${stdout}\n${stderr}`).toBe(0);
}, 1_800_000);

/** This checkout as a repository, with uncommitted changes. */
function copyCheckout(): TestRepository {
  const copy = new TestRepository(temporaryDirectory());
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { stdout } = spawnSync("git", list, { cwd: top, encoding: "utf8" });
  for (const file of stdout.split("\0").filter(Boolean)) {
    const to = path.join(copy.directory, file);
    mkdirSync(path.dirname(to), { recursive: true });
    cpSync(path.join(top, file), to, { verbatimSymlinks: true });
  }
  symlinkSync(path.join(top, "node_modules"), path.join(copy.directory, "node_modules"));
  copy.git("init", "--quiet", "--template=", "--initial-branch=main");
  return copy;
}
