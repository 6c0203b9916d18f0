import { isCommit } from "../../schema/compile/manifest.ts";
import type { Response } from "../../schema/compile/release.ts";
import { contentTypeOf, outputOf } from "../../schema/compile/urls.ts";
import type { PublishedObject } from "../../schema/plan/publication.ts";
import { shortId } from "../../schema/text/show.ts";
import type { Relation } from "../commit/revisions.ts";
import type { Repository } from "../snapshot/repository.ts";
import type { NewObject, StoredObject, Target } from "./target.ts";

/** An object belongs to a newer commit, so this publisher must stop. */
export class SupersededError extends Error {
  override readonly name = "SupersededError";
}

/** Attempts to replace an object while other publishers replace it first. */
const maxAttempts = 10;

/** The commit that an object belongs to, and the newer one that it replaced in a rollback. */
export interface ObjectCommits {
  readonly commit: string;
  readonly supersedes?: string | undefined;
}

/**
 * Writes the objects of one commit, each only over an older one. The commit is kept in the object's
 * metadata, so publishers need no other communication.
 */
export class ObjectWriter {
  /** The newer commit that a rollback replaces. */
  supersedes: string | undefined;
  /** What this writer changed, by path. */
  readonly written = new Map<string, WrittenObject>();
  readonly #commit: string;
  readonly #target: Target;
  readonly #repository: Repository;
  readonly #settings: WriterSettings;
  readonly #relations = new Map<string, Promise<Relation>>();

  constructor(target: Target, repository: Repository, commit: string, settings: WriterSettings) {
    this.#commit = commit;
    this.#target = target;
    this.#repository = repository;
    this.#settings = settings;
  }

  /** Writes a response over `current`. Throws `SupersededError` if a newer object is there. */
  async put(response: Response, current: PublishedObject | undefined): Promise<void> {
    const object = this.#object(response, this.#origin);
    await this.#replace(response.path, response.md5, current, (expected) =>
      this.#target.write(object, expected),
    );
  }

  /** Removes the object `current`, in the same way. */
  async remove(path: string, current: PublishedObject | undefined): Promise<void> {
    await this.#replace(path, undefined, current, async (expected) =>
      expected === undefined ? true : this.#target.remove(path, expected),
    );
  }

  /** Writes the manifest over the one with the ETag `seen`. Returns false if another one is there. */
  async putManifest(manifest: Response, seen: string | undefined): Promise<boolean> {
    if (await this.#target.write(this.#object(manifest, this.#origin), seen)) return true;
    // The SDK repeats a request whose answer was lost; the first one may have succeeded.
    return (await this.#target.read(manifest.path))?.etag === manifest.md5;
  }

  /** Writes a response of another origin over an object of this writer, if that is still there. */
  async restore(response: Response, origin: ObjectCommits): Promise<void> {
    const own = this.written.get(response.path)?.etag;
    await this.#target.write(this.#object(response, origin), own);
  }

  cacheControlOf(path: string): string {
    return outputOf(path).cacheControl ?? this.#settings.cacheControl;
  }

  isOwn({ metadata }: StoredObject): boolean {
    const { commit, supersedes } = this.#origin;
    // Only a directory, which has one writer at a time, keeps no metadata; or no publisher wrote the object.
    return (
      !isCommit(metadata.commit) ||
      (metadata.commit === commit && metadata.supersedes === supersedes)
    );
  }

  get #origin(): ObjectCommits {
    return { commit: this.#commit, supersedes: this.supersedes };
  }

  /** Tries with the object that was seen, then with the one that is there now if it may be replaced. */
  async #replace(
    path: string,
    etag: string | undefined,
    current: PublishedObject | undefined,
    change: (expected: string | undefined) => Promise<boolean>,
  ): Promise<void> {
    let expected = current?.etag;
    // An object that others changed may belong to a newer publisher that has not finished.
    let isKnown = !current?.isModifiedElsewhere || this.#settings.overrules;
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      if (isKnown && (await change(expected))) return this.#record(path, etag, expected);
      const found = await this.#target.read(path);
      if (found) await this.#refuseNewer(path, found);
      expected = found?.etag;
      isKnown = true;
    }
    throw new Error(
      `Cannot replace "${path}" in "${this.#target.name}": others changed it ${maxAttempts} times`,
    );
  }

  #record(path: string, etag: string | undefined, expected: string | undefined): void {
    const last = this.written.get(path);
    const replaced = last && last.etag === expected ? last.replaced : expected;
    this.written.set(path, { etag, replaced });
  }

  async #refuseNewer(path: string, found: StoredObject): Promise<void> {
    if (this.isOwn(found)) return;
    const { commit = "", supersedes } = found.metadata;
    const relation = await this.#relate(supersedes ?? commit);
    if (relation === "older" || (relation === "same" && supersedes === undefined)) return;
    const state = "which is newer and not published completely";
    throw new SupersededError(`"${path}" is of commit ${shortId(commit)}, ${state}`);
  }

  /** The relation of a commit to the newest one that this writer may replace. */
  #relate(commit: string): Promise<Relation> {
    const newest = this.supersedes ?? this.#commit;
    const question = `${commit}...${newest}`;
    const known = this.#relations.get(question) ?? this.#repository.relate(commit, newest);
    this.#relations.set(question, known);
    return known;
  }

  #object({ path, body, sha256 }: Response, { commit, supersedes }: ObjectCommits): NewObject {
    return {
      path,
      body,
      contentType: contentTypeOf(path),
      cacheControl: this.cacheControlOf(path),
      metadata: { commit, sha256, ...(supersedes === undefined ? {} : { supersedes }) },
    };
  }
}

export interface WrittenObject {
  /** The entity tag of the object now; `undefined` if it was removed. */
  readonly etag: string | undefined;
  /** The entity tag of the object before. */
  readonly replaced: string | undefined;
}

export interface WriterSettings {
  /** The `Cache-Control` of flags and lists. */
  readonly cacheControl: string;
  /** Whether objects that others changed may be replaced without reading their commit. */
  readonly overrules: boolean;
}
