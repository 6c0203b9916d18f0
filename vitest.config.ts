import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";

// `npm test` runs everything but the stress tests; `npm run test:stress` runs these alone.
const isStress = process.env.STRESS === "1";
const stress = "test/**/*.stress.test.ts";
const exclude = [...configDefaults.exclude, stress];

/** They replace globals or modules, which later files in the same process would get. */
const isolated = [
  "test/client/**/*.test.ts",
  "test/server/new-output.test.ts",
  "test/server/step-runner.test.ts",
  "test/store/commit/cache.test.ts",
  "test/store/history/change-index.test.ts",
  "test/store/writes/git-commands.test.ts",
];

const options = {
  setupFiles: "test/setup/hooks.ts",
  // Tests wait for other processes most of the time. Kills and crowds load the machine on their own.
  maxWorkers: availableParallelism() + (isStress ? 0 : 3),
  // Real git, real processes and real servers on small machines.
  testTimeout: isStress ? 600_000 : 120_000,
  hookTimeout: 120_000,
};

export default defineConfig({
  test: {
    // Here, and not in the options of the projects, which would each do it again.
    globalSetup: ["test/setup/temporary.ts", "test/setup/program.ts"],
    projects: isStress
      ? [{ test: { ...options, name: "stress", include: [stress] } }]
      : [
          { test: { ...options, name: "isolated", include: isolated, exclude } },
          {
            test: {
              ...options,
              name: "shared",
              // Files share processes, because loading the product takes longer than most tests.
              isolate: false,
              include: ["test/**/*.test.ts"],
              exclude: [...exclude, ...isolated],
            },
          },
        ],
  },
});
