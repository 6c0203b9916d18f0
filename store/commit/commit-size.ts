import { maxFileBytes } from "../../schema/yaml/decode.ts";
import { type Tree, treeLimits } from "../git/tree.ts";

/** Bytes of all distinct files in `flags/` of a commit. Parsing as much takes about half a minute. */
export const maxTotalBytes = 64 * 1_024 * 1_024;

/**
 * What a commit has of everything that is limited for all files together. If only the changes of later
 * commits are added, they have at most as much, because nothing is subtracted.
 */
export class CommitSize {
  #bytes: number;
  #entries: number;
  #characters: number;

  constructor(bytes = 0, { entries, characters }: Tree["size"] = { entries: 0, characters: 0 }) {
    this.#bytes = bytes;
    this.#entries = entries;
    this.#characters = characters;
  }

  /** Adds a file, and its folders. */
  add(file: string, bytes: number): void {
    this.#bytes += Math.min(bytes, maxFileBytes + 1);
    const parts = file.split("/");
    for (let end = 1; end <= parts.length; end++) {
      this.#entries += 1;
      this.#characters += parts.slice(0, end).join("/").length;
    }
  }

  get isTooLarge(): boolean {
    const { entries, paths } = treeLimits;
    return this.#bytes > maxTotalBytes || this.#entries > entries || this.#characters > paths;
  }
}
