import { readFileSync } from "node:fs";
import path from "node:path";
import type { Definitions } from "../../schema/evaluate/definition.ts";
import { type Files, type TestRepository, testRepository } from "../git/repository.ts";
import { runScript } from "../scripts/setup/run.ts";

/** A repository, and the directory into which `bunting build` writes the release. */
export class Release {
  readonly #repository: TestRepository = testRepository();
  #time = 1_725_105_600;

  get directory(): string {
    return path.join(this.#repository.directory, "dist/release");
  }

  /** The file that flagd and the providers named after it read. */
  get flagdFile(): string {
    return path.join(this.directory, "v1/flagd.json");
  }

  get definitions(): Definitions {
    return JSON.parse(readFileSync(path.join(this.directory, "v1/definitions.json"), "utf8"));
  }

  /** Commits files, and builds the commit. */
  async build(files: Files): Promise<void> {
    this.#time += 60;
    this.#repository.change(this.#time, files);
    const { code, stderr } = await runScript("build", [], { in: this.#repository.directory });
    if (code !== 0) throw new Error(`Cannot build the table of cases: ${stderr}`);
  }
}
