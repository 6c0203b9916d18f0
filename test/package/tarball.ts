/** The package as npm makes it, and applications that have installed it. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Files, temporaryDirectory } from "../git/repository.ts";
import { bareEnvironment, runNpm, top } from "../scripts/setup/run.ts";

export interface Release {
  /** The directory that a release writes: the tarball and the bill of materials. */
  readonly directory: string;
  readonly stdout: string;
  /** The `node_modules` in which the tarball is installed. */
  readonly installed: string;
}

/** Makes a release without publishing it, and installs its tarball. */
export async function makeRelease(): Promise<Release> {
  const directory = path.join(temporaryDirectory(), "release");
  const args = ["--skip-tests", "--dry-run", "--out", directory];
  const stdout = await npm(top, "run", "--silent", "release", "--", ...args);
  const [tarball = ""] = readdirSync(directory).filter((file) => file.endsWith(".tgz"));
  const application = temporaryDirectory();
  writeFileSync(path.join(application, "package.json"), '{ "private": true }');
  await npm(application, "install", "--offline", "--silent", path.join(directory, tarball));
  return { directory, stdout, installed: path.join(application, "node_modules") };
}

/** An application in a new directory: these files, the installed package, and these packages of our own. */
export class Application {
  readonly directory: string;

  constructor(installed: string, files: Files, peers: readonly string[] = []) {
    this.directory = mkdtempSync(path.join(temporaryDirectory(), "application-"));
    // A copy, as npm makes one: with a symbolic link, packages would resolve from its target.
    cpSync(installed, path.join(this.directory, "node_modules"), {
      recursive: true,
      verbatimSymlinks: true,
    });
    for (const peer of peers) {
      const link = path.join(this.directory, "node_modules", peer);
      mkdirSync(path.dirname(link), { recursive: true });
      symlinkSync(path.join(top, "node_modules", peer), link);
    }
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(this.directory, file)), { recursive: true });
      writeFileSync(path.join(this.directory, file), text ?? "");
    }
  }

  /** Runs a program of the application, or of this project. */
  run(program: string, ...args: string[]): { code: number | null; output: string } {
    const PATH = [
      path.join(this.directory, "node_modules/.bin"),
      path.join(top, "node_modules/.bin"),
      process.env.PATH,
    ].join(path.delimiter);
    const { status, stdout, stderr, error } = spawnSync(program, args, {
      cwd: this.directory,
      env: { ...bareEnvironment, PATH },
      encoding: "utf8",
    });
    if (error) throw error;
    return { code: status, output: stdout + stderr };
  }
}

async function npm(directory: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runNpm(args, { in: directory });
  if (code !== 0) throw new Error(`Cannot run "npm ${args.join(" ")}": ${stdout}${stderr}`);
  return stdout;
}
