import { availableParallelism } from "node:os";
import { configDefaults, defineConfig } from "vitest/config";

// `npm test` runs everything but the stress tests; `npm run test:stress` runs these alone.
const isStress = process.env.STRESS === "1";

export default defineConfig({
  test: {
    globalSetup: "test/setup/program.ts",
    include: [isStress ? "test/**/*.stress.test.ts" : "test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, ...(isStress ? [] : ["test/**/*.stress.test.ts"])],
    // Tests wait for other processes most of the time: five workers on two cores take 640 s, three take 755 s.
    maxWorkers: availableParallelism() + 3,
    // Real git, real processes and real servers on small machines.
    testTimeout: isStress ? 600_000 : 120_000,
    hookTimeout: 120_000,
  },
});
