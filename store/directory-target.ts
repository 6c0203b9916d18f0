import { hash, randomUUID } from "node:crypto";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { withLock } from "./lock.ts";
import { fileOf, pathOfFile } from "./release-files.ts";
import type { Listed, NewObject, StoredObject, Target } from "./target.ts";

/** How long a publisher waits for another one, in milliseconds. */
const patience = 60_000;

/**
 * A directory that a web server or a CDN serves. Each file is replaced in one rename; a lock lets
 * one publisher in at a time. Headers and metadata are the web server's business: it keeps none.
 */
export class DirectoryTarget implements Target {
  readonly name: string;
  readonly #directory: string;

  constructor(directory: string, name = directory) {
    this.name = name;
    this.#directory = directory;
  }

  exclusively<T>(work: () => Promise<T>): Promise<T> {
    mkdirSync(this.#directory, { recursive: true });
    return withLock(path.join(this.#directory, ".publish.lock"), patience, work);
  }

  async list(): Promise<ReadonlyMap<string, Listed>> {
    const listed = new Map<string, Listed>();
    for (const file of walk(this.#directory, "")) {
      const { etag, modified } = this.#look(path.join(this.#directory, file));
      listed.set(pathOfFile(file), { etag, modified });
    }
    return listed;
  }

  async read(urlPath: string): Promise<StoredObject | undefined> {
    const file = this.#file(urlPath);
    if (!isFile(file)) return undefined;
    const body = readFileSync(file);
    const headers = { contentType: undefined, cacheControl: undefined };
    return { body, etag: hash("md5", body), ...headers, metadata: {} };
  }

  async write({ path: urlPath, body }: NewObject, seen: string | undefined): Promise<boolean> {
    const file = this.#file(urlPath);
    if (this.#etag(file) !== seen) return false;
    const draft = path.join(path.dirname(file), `.${randomUUID()}.tmp`);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(draft, body);
    try {
      renameSync(draft, file);
    } catch (error) {
      rmSync(draft, { force: true });
      throw error;
    }
    return true;
  }

  async remove(urlPath: string, seen: string): Promise<boolean> {
    const file = this.#file(urlPath);
    const etag = this.#etag(file);
    if (etag !== undefined && etag !== seen) return false;
    rmSync(file, { force: true });
    return true;
  }

  close(): void {}

  #file(urlPath: string): string {
    return path.join(this.#directory, fileOf(urlPath));
  }

  #etag(file: string): string | undefined {
    return isFile(file) ? this.#look(file).etag : undefined;
  }

  #look(file: string): Listed {
    return { etag: hash("md5", readFileSync(file)), modified: statSync(file).mtimeMs };
  }
}

/** The files below `directory`; what begins with a dot is a lock, or the draft of a publisher that died. */
function* walk(directory: string, below: string): Generator<string> {
  for (const entry of readdirSync(path.join(directory, below), { withFileTypes: true })) {
    const file = below === "" ? entry.name : `${below}/${entry.name}`;
    if (/^\..*\.tmp$/.test(entry.name)) rmSync(path.join(directory, file), { force: true });
    else if (entry.name.startsWith(".")) continue;
    else if (entry.isDirectory()) yield* walk(directory, file);
    else if (entry.isFile()) yield file;
  }
}

function isFile(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}
