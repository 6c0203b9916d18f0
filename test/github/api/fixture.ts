import { fileURLToPath } from "node:url";

/** The part of GitHub's own description of its API that is in use; `extract-description.ts` makes it. */
export const fixture = fileURLToPath(
  new URL("../../fixtures/github/api.github.com.json", import.meta.url),
);
