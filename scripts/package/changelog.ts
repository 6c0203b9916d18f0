import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { pluralize } from "../../schema/text/show.ts";

/** Why the changelog of the program at `top` is not ready for a release of `version`; `undefined` if it is. */
export function findChangelogError(top: string, version: string): string | undefined {
  const pending = readdirSync(path.join(top, ".changeset")).filter(
    (name) => name.endsWith(".md") && name !== "README.md",
  );
  if (pending.length > 0) {
    return `CHANGELOG.md lacks ${pluralize(pending.length, "changeset")} of .changeset/\n  hint: run npx changeset version, and commit the new version`;
  }
  const changelog = readFileSync(path.join(top, "CHANGELOG.md"), "utf8");
  if (!changelog.includes(`\n## ${version}\n`)) return "CHANGELOG.md does not describe it";
  return undefined;
}
