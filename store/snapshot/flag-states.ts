/** What a flag was in one environment, at commits of the past. */
import { givesEveryone } from "../../schema/evaluate/everyone.ts";
import { parseFlagFile } from "../../schema/file/parsed-file.ts";
import { normalize } from "../../schema/flag/flag.ts";
import type { Project } from "../../schema/project/project.ts";
import { readBlobs } from "../git/blobs.ts";
import { readProjects } from "./projects.ts";

export interface FlagState {
  /** Whether its own file gives it to everyone: required flags have histories of their own. */
  readonly enabled: boolean;
  readonly description: string;
}

/** A file as it was at a commit. */
export interface PastFile {
  /** Full id; `""` for before the first commit. */
  readonly commit: string;
  /** Id of the content; `""` if there was no file. */
  readonly object: string;
}

/** The states of a flag in an environment, each read with the project of its time. */
export class FlagStates {
  readonly #name: string;
  readonly #environment: string;
  readonly #projects: ReadonlyMap<string, Project>;
  readonly #blobs: ReadonlyMap<string, Buffer>;

  /** Reads the files, each content once. */
  static async read(
    directory: string,
    files: readonly PastFile[],
    name: string,
    environment: string,
  ): Promise<FlagStates> {
    const commits = new Set(files.map(({ commit }) => commit).filter((id) => id !== ""));
    const objects = new Set(files.map(({ object }) => object).filter((id) => id !== ""));
    const projects = await readProjects(directory, [...commits]);
    const blobs = new Map<string, Buffer>();
    for await (const { object, bytes } of readBlobs(directory, [...objects]))
      blobs.set(object, bytes);
    return new FlagStates(name, environment, projects, blobs);
  }

  private constructor(
    name: string,
    environment: string,
    projects: ReadonlyMap<string, Project>,
    blobs: ReadonlyMap<string, Buffer>,
  ) {
    this.#name = name;
    this.#environment = environment;
    this.#projects = projects;
    this.#blobs = blobs;
  }

  /** `null` if there was no such flag or environment, or if the file could not be read. */
  at({ commit, object }: PastFile): FlagState | null {
    const project = this.#projects.get(commit);
    const bytes = this.#blobs.get(object);
    if (!project?.environments.includes(this.#environment) || !bytes) return null;
    const { flag } = parseFlagFile(bytes, project);
    if (!flag) return null;
    const normal = normalize(this.#name, flag, project);
    const { description } = normal;
    const decision = normal.decisions[this.#environment];
    return { enabled: decision !== undefined && givesEveryone(decision), description };
  }
}
