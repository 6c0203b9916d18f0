import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";

// `npm test` runs everything but the stress tests; `npm run test:stress` runs these alone.
const isStress = process.env.STRESS === "1";
const stress = "test/**/*.stress.test.ts";

/** They replace globals or modules, which other files in the same process would get. */
const isolated = [
  "test/client/**/*.test.ts",
  "test/store/commit/cache.test.ts",
  "test/store/history/change-index.test.ts",
];

export default defineConfig({
  test: {
    globalSetup: ["test/setup/temporary.ts", "test/setup/program.ts"],
    setupFiles: "test/setup/hooks.ts",
    // Tests wait for other processes most of the time. Kills and crowds load the machine on their own.
    maxWorkers: availableParallelism() + (isStress ? 0 : 3),
    // Real git, real processes and real servers on small machines.
    testTimeout: isStress ? 600_000 : 120_000,
    hookTimeout: 120_000,
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    projects: isStress
      ? [{ extends: true, test: { name: "stress", include: [stress] } }]
      : [
          {
            extends: true,
            test: {
              name: "isolated",
              include: isolated,
              exclude: [...configDefaults.exclude, stress],
            },
          },
          {
            // Loading the product takes longer than most tests: files share processes.
            extends: true,
            test: {
              name: "shared",
              isolate: false,
              include: ["test/**/*.test.ts"],
              exclude: [...configDefaults.exclude, stress, ...isolated],
            },
          },
        ],
  },
});
