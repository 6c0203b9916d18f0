import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Real git, real processes and real servers on small machines.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    // On a shared machine what fails by time alone gets a second try; the report says so.
    retry: process.env.CI ? 1 : 0,
  },
});
