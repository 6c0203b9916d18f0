/**
 * Which releases builds of this repository wrote, by the identity of their manifests: as long as
 * that is the same, the manifest says what this version of the program makes of its commit.
 */
import { lstatSync } from "node:fs";
import type { Cache } from "../snapshot/cache.ts";
import { manifestOf } from "./release-files.ts";

/** So many of the last ones. A directory and the hidden one beside it take two. */
const kept = 20;

export class Built {
  readonly #cache: Cache;

  constructor(cache: Cache) {
    this.#cache = cache;
  }

  /** Whether one of them stands in `directory`. */
  has(directory: string): boolean {
    const identity = identify(directory);
    return identity !== undefined && this.#read().includes(identity);
  }

  /** After a build into `directory`. */
  remember(directory: string): void {
    const identity = identify(directory);
    const others = this.#read().filter((other) => other !== identity);
    if (identity !== undefined) this.#cache.write("built", [...others, identity].slice(-kept));
  }

  #read(): string[] {
    return (this.#cache.read("built") as string[] | undefined) ?? [];
  }
}

/** The same after a rename of the directory; another after any change or copy of its manifest. */
export function identify(directory: string): string | undefined {
  try {
    const found = lstatSync(manifestOf(directory), { bigint: true });
    return found.isFile() ? `${found.dev} ${found.ino} ${found.ctimeNs}` : undefined;
  } catch {
    return undefined;
  }
}
