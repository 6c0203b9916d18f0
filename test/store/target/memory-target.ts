import { hash } from "node:crypto";
import type { Listed, NewObject, StoredObject, Target } from "../../../store/target/target.ts";

interface KeptObject {
  readonly object: NewObject;
  readonly etag: string;
  readonly modified: number;
}

/** The objects of `MemoryTarget`s, by prefix and path. */
export type Memory = Map<string, KeptObject>;

/** S3 without the network: `now` is the clock of its listings. */
export class MemoryTarget implements Target {
  readonly name: string;
  readonly #memory: Memory;
  readonly #now: () => number;

  constructor(memory: Memory, now = () => Date.now(), prefix = "") {
    this.name = prefix;
    this.#memory = memory;
    this.#now = now;
  }

  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return work();
  }

  async list(): Promise<ReadonlyMap<string, Listed>> {
    const ours = [...this.#memory].filter(([key]) => key.startsWith(`${this.name}/`));
    return new Map(ours.map(([key, kept]) => [key.slice(this.name.length), kept]));
  }

  async read(path: string): Promise<StoredObject | undefined> {
    const kept = this.#memory.get(this.name + path);
    return kept && { ...kept.object, body: Buffer.from(kept.object.body), etag: kept.etag };
  }

  async write(object: NewObject, seen: string | undefined): Promise<boolean> {
    const key = this.name + object.path;
    if (this.#memory.get(key)?.etag !== seen) return false;
    this.#memory.set(key, { object, etag: hash("md5", object.body), modified: this.#now() });
    return true;
  }

  async remove(path: string, seen: string): Promise<boolean> {
    if ((this.#memory.get(this.name + path)?.etag ?? seen) !== seen) return false;
    this.#memory.delete(this.name + path);
    return true;
  }

  close(): void {}
}
