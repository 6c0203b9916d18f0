/** Flags as they were at earlier commits. */
import { parseFlagFile } from "../../schema/file/parsed-file.ts";
import { type Flag, normalize } from "../../schema/flag/flag.ts";
import type { Project } from "../../schema/project/project.ts";
import { readProjects } from "../commit/projects.ts";
import { readBlobs } from "../git/blobs.ts";

/** A flag's file as it was at a commit. */
export interface PastFile {
  readonly name: string;
  /** Full id; `""` for before the first commit. */
  readonly commit: string;
  /** Id of the content; `""` if there was no file. */
  readonly object: string;
}

/** Flags of the past, each read with the project of its time, without the flags that it required. */
export class PastFlags {
  readonly #projects: ReadonlyMap<string, Project>;
  readonly #blobs: ReadonlyMap<string, Buffer>;
  /** Flags by project, content and name, so that equal files are the same object. */
  readonly #flags = new Map<string, Flag | undefined>();

  /** Reads the files, each content once. */
  static async read(directory: string, files: readonly PastFile[]): Promise<PastFlags> {
    const commits = new Set(files.map(({ commit }) => commit).filter((id) => id !== ""));
    const objects = new Set(files.map(({ object }) => object).filter((id) => id !== ""));
    const projects = await readProjects(directory, [...commits]);
    const blobs = new Map<string, Buffer>();
    for await (const { id, bytes } of readBlobs(directory, [...objects])) blobs.set(id, bytes);
    return new PastFlags(projects, blobs);
  }

  private constructor(projects: ReadonlyMap<string, Project>, blobs: ReadonlyMap<string, Buffer>) {
    this.#projects = projects;
    this.#blobs = blobs;
  }

  /** `undefined` if there was no such flag, or if its file could not be read. */
  at({ name, commit, object }: PastFile): Flag | undefined {
    const project = this.#projects.get(commit);
    const bytes = this.#blobs.get(object);
    if (!project || !bytes) return undefined;
    const key = `${project.object} ${object} ${name}`;
    if (!this.#flags.has(key)) {
      const { flag } = parseFlagFile(bytes, project);
      this.#flags.set(key, flag && normalize(name, flag, project));
    }
    return this.#flags.get(key);
  }
}
