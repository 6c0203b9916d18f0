import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Real git, real processes and real servers on small machines.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
