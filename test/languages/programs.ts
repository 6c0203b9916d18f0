/**
 * Programs in other languages that evaluate the table of cases. They are not part of `npm ci`:
 *
 *     test/languages/install
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { describe } from "vitest";
import { compareText } from "../../schema/text/order.ts";
import { program } from "../s3/program.ts";

/** Languages that evaluate with OpenFeature's SDK. */
export type Sdk = "go" | "java" | "python";

type ProgramName = Sdk | "flagd";

/** The command that runs a program. */
export function commandOf(name: ProgramName): readonly [string, ...string[]] {
  const directory = directoryOf(name);
  if (name === "python") return pythonCommand("requirements");
  if (name !== "java") return [path.join(directory, "program")];
  return ["java", "-cp", `${directory}/classes:${directory}/lib/*`, "Evaluate"];
}

/** Python with the packages of one of the files of requirements. */
export function pythonCommand(
  requirements: "requirements" | "requirements-newest",
): readonly [string, ...string[]] {
  const python = path.join(directoryOf("python"), requirements, "bin/python");
  return [python, path.join(sources, "python/evaluate.py")];
}

/** The installed Go, or the one that `install` has downloaded from PyPI. */
export function goCommand(): string {
  const own = path.join(path.dirname(directoryOf("go")), "go-toolchain/bin/go");
  return existsSync(own) ? own : program("go");
}

/** The path to which `install` writes a program. */
export function directoryOf(name: ProgramName): string {
  const { BUNTING_TEST_PROGRAMS: own, XDG_CACHE_HOME: cache } = process.env;
  const all = own || path.join(cache || path.join(homedir(), ".cache"), "bunting-test-programs");
  return path.join(all, `${name}-${hashOf(path.join(sources, name))}`);
}

/** Skips tests if a program is missing, and prints that. In CI a missing program is an error. */
export function describeWith(name: ProgramName) {
  const isInstalled = existsSync(path.join(directoryOf(name), "complete"));
  const cure = `test/languages/install ${name}`;
  if (!isInstalled && process.env.CI === "true") {
    throw new Error(`Cannot test "${name}": its program is not built; run ${cure}`);
  }
  if (!isInstalled) {
    process.stderr.write(
      `\nSKIPPED, NOT TESTED: evaluation by ${name}, because its program is missing (${cure})\n`,
    );
  }
  return describe.skipIf(!isInstalled);
}

const sources = fileURLToPath(new URL("programs/", import.meta.url));

/** The first digits of the hash of all files, in the order of their names: as `install` computes it. */
function hashOf(directory: string): string {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(directory, path.join(entry.parentPath, entry.name)))
    .toSorted(compareText);
  const hash = createHash("sha256");
  for (const file of files) hash.update(readFileSync(path.join(directory, file)));
  return hash.digest("hex").slice(0, 12);
}
