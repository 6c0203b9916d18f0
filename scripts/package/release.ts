/** `npm run release`: tests, packs and publishes the package; the bill of materials lies beside the tarball. */
import { execFileSync } from "node:child_process";
import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { makeDirectory } from "../../store/files/make-directory.ts";
import { defineCommand, type ExitCode, UsageError } from "../command/command.ts";
import { main } from "../command/run-command.ts";
import { note } from "../command/stderr.ts";
import { version } from "../command/version.ts";
import { bundleProgram } from "./bundle-program.ts";
import { findChangelogError } from "./changelog.ts";
import { listBundledPackages } from "./licenses.ts";
import { formatSbom } from "./sbom.ts";

const top = path.join(import.meta.dirname, "../..");

await main(
  defineCommand({
    name: "release",
    summary:
      "Test and pack the package, and publish it to npm with provenance. Run before it: npx changeset version, which raises the version and writes CHANGELOG.md.",
    operands: "",
    options: {
      "dry-run": { help: "publish nothing" },
      "skip-tests": { help: "run no tests, if they have passed at this commit" },
      tag: { value: "TAG", help: "refuse if the version is not this tag's" },
      out: { value: "DIRECTORY", help: "where to put the files", default: "dist/release-files" },
    },
    async run({ "dry-run": isDry, "skip-tests": skipsTests, tag, out }): Promise<ExitCode> {
      if (tag !== undefined && tag !== `v${version}`) {
        throw new UsageError(`Cannot release "${tag}": package.json has the version ${version}`);
      }
      const error = findChangelogError(top, version);
      if (error !== undefined && !isDry)
        throw new UsageError(`Cannot release ${version}: ${error}`);
      if (error !== undefined) note(`A release would be refused: ${error}`);
      if (!skipsTests) run("npm", "run", "--silent", "check");

      const directory = path.resolve(out);
      rmSync(directory, { recursive: true, force: true });
      makeDirectory(directory);
      run("npm", "pack", "--silent", "--pack-destination", directory);
      const [tarball = ""] = readdirSync(directory);
      const bundled = await bundleProgram(path.join(top, "dist/package"));
      const sbom = formatSbom(top, listBundledPackages(top, bundled));
      writeFileSync(path.join(directory, `bunting-${version}.cdx.json`), sbom);
      if (!isDry) {
        run("npm", "publish", path.join(directory, tarball), "--provenance", "--access", "public");
      }
      const { size } = statSync(path.join(directory, tarball));
      const done = isDry ? "Would publish" : "Published";
      process.stdout.write(
        `${done} bunting ${version}: ${path.join(out, tarball)}, ${Math.round(size / 1_000)} kB\n`,
      );
      return 0;
    },
  }),
);

/** Its output is progress, so it goes to stderr. */
function run(program: string, ...args: string[]): void {
  execFileSync(program, args, { cwd: top, stdio: ["ignore", 2, 2] });
}
