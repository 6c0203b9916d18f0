import { contentTypeOf, type Response } from "../schema/release.ts";
import type { Repository } from "./repository.ts";
import type { NewObject, StoredObject, Target } from "./target.ts";

/** A newer commit is being published, or was: this one must not go on. */
export class SupersededError extends Error {
  override readonly name = "SupersededError";
}

/** An error body must not outlive the flag that is missing: browsers keep what they were told to. */
const errorCacheControl = "public, max-age=10";

/** How often another publisher may come between before it is no coincidence. */
const attempts = 10;

/**
 * Writes objects of one commit, each only over what is older. The commit that an object belongs to
 * is kept with it, so publishers agree without ever talking to each other.
 */
export class ObjectWriter {
  readonly commit: string;
  /** The newer commit that a rollback takes the place of. */
  rolledBackFrom: string | undefined;
  /** What this writer put where: entity tags by path. */
  readonly written = new Map<string, string>();
  readonly #target: Target;
  readonly #repository: Repository;
  readonly #cacheControl: string;

  constructor(target: Target, repository: Repository, commit: string, cacheControl: string) {
    this.commit = commit;
    this.#target = target;
    this.#repository = repository;
    this.#cacheControl = cacheControl;
  }

  /** Puts a response in place of the object `seen`. Throws `SupersededError` where a newer commit's stands there. */
  async put(response: Response, seen: string | undefined): Promise<void> {
    const object = this.#object(response, this.commit);
    await this.#retry(response.path, seen, (expected) => this.#target.write(object, expected));
    this.written.set(response.path, response.md5);
  }

  /** False where another manifest than the one `seen` stands there. */
  async putManifest(manifest: Response, seen: string | undefined): Promise<boolean> {
    const object = this.#object(manifest, this.commit);
    if (await this.#target.write(object, seen)) return true;
    // It may have landed although the answer was lost, and the request was sent again.
    return (await this.#target.read(manifest.path))?.etag === manifest.md5;
  }

  /** Puts another commit's response back in place of our own, if that is still there. */
  async restore(response: Response, own: string, commit: string): Promise<void> {
    await this.#target.write(this.#object(response, commit), own);
  }

  async remove(path: string, seen: string): Promise<void> {
    await this.#retry(path, seen, async (expected) =>
      expected === undefined ? true : this.#target.remove(path, expected),
    );
  }

  /** Tries with what was seen, then with what is there now, as long as that may be replaced. */
  async #retry(
    path: string,
    seen: string | undefined,
    change: (expected: string | undefined) => Promise<boolean>,
  ): Promise<void> {
    let expected = seen;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      if (await change(expected)) return;
      const found = await this.#target.read(path);
      if (found) await this.#refuseNewer(path, found);
      expected = found?.etag;
    }
    throw new Error(`Cannot replace "${path}" in "${this.#target.name}": it changes all the time`);
  }

  cacheControlOf(path: string): string {
    return path.startsWith("/errors/") ? errorCacheControl : this.#cacheControl;
  }

  #object({ path, body, sha256 }: Response, commit: string): NewObject {
    const isOwn = commit === this.commit && this.rolledBackFrom !== undefined;
    const supersedes: Record<string, string> = isOwn
      ? { supersedes: this.rolledBackFrom ?? "" }
      : {};
    return {
      path,
      body,
      contentType: contentTypeOf(path),
      cacheControl: this.cacheControlOf(path),
      metadata: { commit, sha256, ...supersedes },
    };
  }

  async #refuseNewer(path: string, { metadata }: StoredObject): Promise<void> {
    const { commit, rolledBackFrom } = this;
    const holder = metadata.supersedes ?? metadata.commit;
    // Somebody's own object: a repair puts ours back.
    if (holder === undefined) return;
    if (metadata.commit === commit && metadata.supersedes === rolledBackFrom) return;
    const relation = await this.#repository.relate(holder, rolledBackFrom ?? commit);
    const isOlder =
      relation === "older" || (relation === "same" && metadata.supersedes === undefined);
    if (isOlder) return;
    const message = `Cannot replace "${path}": commit ${holder.slice(0, 7)} was published meanwhile`;
    throw new SupersededError(message);
  }
}
