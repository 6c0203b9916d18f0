import { isCommit } from "../../schema/compile/manifest.ts";
import type { Response } from "../../schema/compile/release.ts";
import { contentTypeOf, outputOf } from "../../schema/compile/urls.ts";
import type { PublishedObject } from "../../schema/plan/publication.ts";
import type { Repository } from "../snapshot/repository.ts";
import type { Relation } from "../snapshot/revisions.ts";
import type { NewObject, StoredObject, Target } from "./target.ts";

/** A newer commit is being published, or was: this one must not go on. */
export class SupersededError extends Error {
  override readonly name = "SupersededError";
}

/** How often another publisher may come between before it is no coincidence. */
const attempts = 10;

/** The commit that an object belongs to, and the newer one that it took the place of in a rollback. */
export interface Origin {
  readonly commit: string;
  readonly supersedes?: string | undefined;
}

/**
 * Writes objects of one commit, each only over what is older. The commit that an object belongs to
 * is kept with it, so publishers agree without ever talking to each other.
 */
export class ObjectWriter {
  /** The newer commit that a rollback takes the place of. */
  supersedes: string | undefined;
  /** What this writer did, by path. */
  readonly written = new Map<string, Written>();
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

  /** Puts a response in the place of what stands there. Throws `SupersededError` where that is newer. */
  async put(response: Response, standing: PublishedObject | undefined): Promise<void> {
    const object = this.#object(response, this.#origin);
    await this.#replace(response.path, response.md5, standing, (expected) =>
      this.#target.write(object, expected),
    );
  }

  /** Likewise. */
  async remove(path: string, standing: PublishedObject | undefined): Promise<void> {
    await this.#replace(path, undefined, standing, async (expected) =>
      expected === undefined ? true : this.#target.remove(path, expected),
    );
  }

  /** False where another manifest than the one `seen` stands there. */
  async putManifest(manifest: Response, seen: string | undefined): Promise<boolean> {
    if (await this.#target.write(this.#object(manifest, this.#origin), seen)) return true;
    // It may have landed although the answer was lost, and the request was sent again.
    return (await this.#target.read(manifest.path))?.etag === manifest.md5;
  }

  /** Puts a response of another origin where this writer wrote, if that still stands there. */
  async restore(response: Response, origin: Origin): Promise<void> {
    const own = this.written.get(response.path)?.etag;
    await this.#target.write(this.#object(response, origin), own);
  }

  cacheControlOf(path: string): string {
    return outputOf(path).cacheControl ?? this.#settings.cacheControl;
  }

  isOwn({ metadata }: StoredObject): boolean {
    const { commit, supersedes } = this.#origin;
    // A target that keeps no metadata lets in one writer at a time; elsewhere it is nobody's.
    return (
      !isCommit(metadata.commit) ||
      (metadata.commit === commit && metadata.supersedes === supersedes)
    );
  }

  get #origin(): Origin {
    return { commit: this.#commit, supersedes: this.supersedes };
  }

  /** Tries with what was seen, then with what is there now, as long as that may be replaced. */
  async #replace(
    path: string,
    etag: string | undefined,
    standing: PublishedObject | undefined,
    change: (expected: string | undefined) => Promise<boolean>,
  ): Promise<void> {
    let expected = standing?.etag;
    // What was touched may be a newer publisher's, which is not done yet.
    let isKnown = !standing?.isModifiedElsewhere || this.#settings.overrules;
    for (let attempt = 1; attempt <= attempts; attempt++) {
      if (isKnown && (await change(expected))) return this.#record(path, etag, expected);
      const found = await this.#target.read(path);
      if (found) await this.#refuseNewer(path, found);
      expected = found?.etag;
      isKnown = true;
    }
    throw new Error(`Cannot replace "${path}" in "${this.#target.name}": it changes all the time`);
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
    const state = "which is newer and not published to its end";
    throw new SupersededError(`"${path}" is of commit ${commit.slice(0, 7)}, ${state}`);
  }

  /** How a commit stands to the newest that this writer may replace. */
  #relate(commit: string): Promise<Relation> {
    const newest = this.supersedes ?? this.#commit;
    const question = `${commit}...${newest}`;
    const known = this.#relations.get(question) ?? this.#repository.relate(commit, newest);
    this.#relations.set(question, known);
    return known;
  }

  #object({ path, body, sha256 }: Response, { commit, supersedes }: Origin): NewObject {
    return {
      path,
      body,
      contentType: contentTypeOf(path),
      cacheControl: this.cacheControlOf(path),
      metadata: { commit, sha256, ...(supersedes === undefined ? {} : { supersedes }) },
    };
  }
}

export interface Written {
  /** What stands there now: an entity tag, or nothing where it was removed. */
  readonly etag: string | undefined;
  /** Likewise, what stood there before. */
  readonly replaced: string | undefined;
}

export interface WriterSettings {
  /** The `Cache-Control` of flags and lists. */
  readonly cacheControl: string;
  /** Replaces what stood there from the start, whatever it is. */
  readonly overrules: boolean;
}
