import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));

/**
 * Compares `text` with a file below `test/fixtures/`, which reviewers read. After a change of texts,
 * check the difference, then run: `BLESS=1 npx vitest run TEST`.
 */
export function expectGolden(text: string, file: string): void {
  const golden = path.join(fixtures, file);
  if (process.env.BLESS) {
    mkdirSync(path.dirname(golden), { recursive: true });
    writeFileSync(golden, text);
  }
  const { testPath = "" } = expect.getState();
  const test = path.relative(process.cwd(), testPath);
  const hint = `check the difference, then run: BLESS=1 npx vitest run ${test}`;
  expect(text, hint).toBe(existsSync(golden) ? readFileSync(golden, "utf8") : "");
}
