import { etag, type Release, type Response } from "../../../schema/compile/release.ts";
import { contentTypeOf, isList } from "../../../schema/compile/urls.ts";
import { defaultProject } from "../../../schema/project/project.ts";
import { positionIn } from "../../../schema/text/order.ts";

/** A response ready to be sent: one object for each response of a release. */
export interface Answer {
  readonly etag: string;
  readonly contentType: string;
  /** When a flag in it changed last, as an HTTP date. */
  readonly lastModified: string;
  readonly body: Buffer;
  /** A list has an event stream at the same URL. */
  readonly isList: boolean;
}

/** The responses of the current release, by their exact path: another case or an escape is another URL. */
export class Responses {
  /** Sorted by path. */
  #published: readonly Response[] = [];
  #answers = new Map<string, Answer>();
  #committedAt = "";
  #compileOther: (path: string) => Response | undefined = () => undefined;

  /** The environments of the current release; the first is at the root of the URLs. */
  environments: readonly string[] = defaultProject.environments;

  /** Those made so far, by path. Another map for each release. */
  get answers(): ReadonlyMap<string, Answer> {
    return this.#answers;
  }

  /** Whether there is a release yet. */
  get isReady(): boolean {
    return this.#published.length > 0;
  }

  /**
   * Replaces one release by the next in one step: no request sees a mixture. `compileOther` makes
   * the responses that the release does not publish, at their first request.
   */
  serve(
    release: Release,
    compileOther: (path: string) => Response | undefined = () => undefined,
  ): void {
    this.#published = release.responses;
    this.#answers = new Map();
    this.#compileOther = compileOther;
    this.#committedAt = release.committed_at;
    this.environments = release.environments;
  }

  /** The published response of a path. Binary search needs no index, which would cost each write milliseconds. */
  #find(path: string): Response | undefined {
    const found = this.#published[positionIn(this.#published, path, (one) => one.path)];
    return found?.path === path ? found : undefined;
  }

  /** The answer is made at the first request, because most flags are never read one by one. */
  get(path: string): Answer | undefined {
    const ready = this.#answers.get(path);
    if (ready) return ready;
    const response = this.#find(path) ?? this.#compileOther(path);
    if (!response) return undefined;
    const answer = {
      etag: etag(response),
      contentType: contentTypeOf(path),
      lastModified: lastModifiedOf(response, this.#committedAt),
      body: Buffer.from(response.body),
      isList: isList(path),
    };
    this.#answers.set(path, answer);
    return answer;
  }
}

/** The time that the body itself gives; for documents without one, the time of the commit. */
function lastModifiedOf({ body }: Response, committedAt: string): string {
  const [, updatedAt = committedAt] = /"updated_at":"([^"]+)"\}$/.exec(body.slice(-60)) ?? [];
  return new Date(updatedAt).toUTCString();
}
