/** The directory in which tests make their own, so that nothing is left even if a test process is killed. */
import { mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";

export function setup(project: TestProject): () => void {
  const directory = realpathSync(mkdtempSync(path.join(tmpdir(), "bunting-git-")));
  project.provide("temporary", directory);
  return () => rmSync(directory, { recursive: true, force: true });
}
