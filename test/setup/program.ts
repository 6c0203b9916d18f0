/** Bundles `bunting` once for all tests, as it is in the package: a command starts in a fraction of the time. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { bundleProgram } from "../../scripts/package/bundle-program.ts";

export async function setup(project: TestProject): Promise<() => void> {
  const directory = mkdtempSync(path.join(tmpdir(), "bunting-program-"));
  await bundleProgram(directory);
  // In watch mode, a change of the sources shows in the commands, too.
  project.onTestsRerun(async () => {
    await bundleProgram(directory);
  });
  project.provide("program", path.join(directory, "bunting.js"));
  return () => rmSync(directory, { recursive: true, force: true });
}
