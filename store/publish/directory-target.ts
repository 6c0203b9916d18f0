import { hash, randomUUID } from "node:crypto";
import {
  lstatSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { fileOf, pathOfFile } from "../build/release-files.ts";
import { ifExists } from "../files/if-exists.ts";
import { makeDirectory } from "../files/make-directory.ts";
import { withLock } from "./lock.ts";
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
  readonly #drafts: string;

  constructor(directory: string, name = directory) {
    this.name = name;
    this.#directory = directory;
    this.#drafts = path.join(directory, ".publish.drafts");
  }

  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    this.#explain("open", "", () => makeDirectory(this.#directory));
    return withLock(path.join(this.#directory, ".publish.lock"), patience, async () => {
      try {
        return await work();
      } finally {
        // Also those of a publisher that died.
        rmSync(this.#drafts, { recursive: true, force: true });
      }
    });
  }

  async list(): Promise<ReadonlyMap<string, Listed>> {
    return this.#explain("list", "", () => {
      const listed = new Map<string, Listed>();
      for (const file of walk(this.#directory, "")) {
        const urlPath = pathOfFile(file);
        // Nobody's, since no URL leads there; it may also be large.
        if (fileOf(urlPath) !== file) continue;
        const found = look(path.join(this.#directory, file));
        if (found) listed.set(urlPath, found);
      }
      return listed;
    });
  }

  async read(urlPath: string): Promise<StoredObject | undefined> {
    return this.#explain("read", urlPath, () => {
      const file = this.#file(urlPath);
      const body = isFile(file) ? ifExists(() => readFileSync(file)) : undefined;
      if (!body) return undefined;
      const headers = { contentType: undefined, cacheControl: undefined };
      return { body, etag: hash("md5", body), ...headers, metadata: {} };
    });
  }

  async write({ path: urlPath, body }: NewObject, seen: string | undefined): Promise<boolean> {
    return this.#explain("write", urlPath, () => {
      const file = this.#file(urlPath);
      if (look(file)?.etag !== seen) return false;
      const draft = path.join(this.#drafts, randomUUID());
      makeDirectory(this.#drafts);
      makeDirectory(path.dirname(file));
      writeFileSync(draft, body);
      renameSync(draft, file);
      return true;
    });
  }

  async remove(urlPath: string, seen: string): Promise<boolean> {
    return this.#explain("remove", urlPath, () => {
      const file = this.#file(urlPath);
      if ((look(file)?.etag ?? seen) !== seen) return false;
      rmSync(file, { force: true });
      return true;
    });
  }

  close(): void {}

  #file(urlPath: string): string {
    return path.join(this.#directory, fileOf(urlPath));
  }

  #explain<T>(verb: string, urlPath: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      const what = urlPath === "" ? `"${this.name}"` : `"${urlPath}" in "${this.name}"`;
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`Cannot ${verb} ${what}: ${reason}`, { cause: error });
    }
  }
}

/** The files below `directory`. What begins with a dot is a publisher's own, or nothing that is served. */
function* walk(directory: string, below: string): Generator<string> {
  const entries = ifExists(() => readdirSync(path.join(directory, below), { withFileTypes: true }));
  for (const entry of entries ?? []) {
    const file = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory()) yield* walk(directory, file);
    else if (entry.isFile()) yield file;
  }
}

function look(file: string): Listed | undefined {
  if (!isFile(file)) return undefined;
  return ifExists(() => ({
    etag: hash("md5", readFileSync(file)),
    modified: statSync(file).mtimeMs,
  }));
}

function isFile(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}
