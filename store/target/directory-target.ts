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
import { fileOf, pathOfFile } from "../../schema/compile/urls.ts";
import { ifExists } from "../files/if-exists.ts";
import { makeDirectory } from "../files/make-directory.ts";
import { withLock } from "../locks/lock.ts";
import type { Listed, NewObject, StoredObject, Target } from "./target.ts";

/** Maximum time to wait for another publisher. */
const lockTimeoutMs = 60_000;

/**
 * A directory that a web server or a CDN serves. Each file is replaced in one rename; a lock admits
 * one publisher at a time. It keeps no headers or metadata: the web server sends them.
 */
export class DirectoryTarget implements Target {
  readonly name: string;
  readonly #directory: string;
  readonly #drafts: string;

  constructor(directory: string, name = directory) {
    this.name = name;
    this.#directory = path.resolve(directory);
    this.#drafts = path.join(this.#directory, ".publish.drafts");
  }

  async exclusively<T>(work: () => Promise<T>): Promise<T> {
    this.#explain("open", "", () => makeDirectory(this.#directory));
    return withLock(path.join(this.#directory, ".publish.lock"), lockTimeoutMs, async () => {
      try {
        return await work();
      } finally {
        // Includes the temporary files of a publisher that was killed.
        rmSync(this.#drafts, { recursive: true, force: true });
      }
    });
  }

  async list(): Promise<ReadonlyMap<string, Listed>> {
    return this.#explain("list", "", () => {
      const listed = new Map<string, Listed>();
      for (const file of walk(this.#directory, "")) {
        const urlPath = pathOfFile(file);
        // No URL leads to this file, so no publisher wrote it; it may be large.
        if (fileOf(urlPath) !== file) continue;
        const found = lookUp(path.join(this.#directory, file));
        if (found) listed.set(urlPath, found);
      }
      return listed;
    });
  }

  async read(urlPath: string): Promise<StoredObject | undefined> {
    return this.#explain("read", urlPath, () => {
      const file = this.#file(urlPath);
      if (findLink(this.#directory, file) !== undefined) return undefined;
      const body = isFile(file) ? ifExists(() => readFileSync(file)) : undefined;
      if (!body) return undefined;
      const headers = { contentType: undefined, cacheControl: undefined };
      return { body, etag: hash("md5", body), ...headers, metadata: {} };
    });
  }

  async write({ path: urlPath, body }: NewObject, seen: string | undefined): Promise<boolean> {
    return this.#explain("write", urlPath, () => {
      const file = this.#file(urlPath);
      const draft = path.join(this.#drafts, randomUUID());
      for (const one of [draft, file]) refuseLinks(this.#directory, one);
      if (lookUp(file)?.etag !== seen) return false;
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
      refuseLinks(this.#directory, file);
      if ((lookUp(file)?.etag ?? seen) !== seen) return false;
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

/**
 * Throws if a directory between `top` and `file` is a symbolic link: what it leads to is not a part of
 * the target.
 */
function refuseLinks(top: string, file: string): void {
  const link = findLink(top, file);
  if (link !== undefined) throw new Error(`"${link}" is a symbolic link; remove it`);
}

function findLink(top: string, file: string): string | undefined {
  const parents: string[] = [];
  for (let parent = path.dirname(file); parent !== top; parent = path.dirname(parent)) {
    parents.unshift(parent);
  }
  return parents.find((parent) => lstatSync(parent, { throwIfNoEntry: false })?.isSymbolicLink());
}

/** The files below `directory`, without names that start with a dot: those are temporary, or not served. */
function* walk(directory: string, below: string): Generator<string> {
  const entries = ifExists(() => readdirSync(path.join(directory, below), { withFileTypes: true }));
  for (const entry of entries ?? []) {
    const file = below === "" ? entry.name : `${below}/${entry.name}`;
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory()) yield* walk(directory, file);
    else if (entry.isFile()) yield file;
  }
}

function lookUp(file: string): Listed | undefined {
  if (!isFile(file)) return undefined;
  return ifExists(() => ({
    etag: hash("md5", readFileSync(file)),
    modified: statSync(file).mtimeMs,
  }));
}

function isFile(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
}
