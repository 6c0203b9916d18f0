import { etag, type Release, type Response } from "../../../schema/compile/release.ts";
import { contentTypeOf, isList } from "../../../schema/compile/urls.ts";
import { defaultProject } from "../../../schema/project/project.ts";

/** Maximum length of a body that is sent in one piece with the head: copying a longer one takes longer than two writes. */
const maxOnePieceBytes = 10_000;

/** A response ready to be sent. */
export interface Answer {
  readonly etag: string;
  readonly contentType: string;
  /** When a flag in it changed last, as an HTTP date. */
  readonly lastModified: string;
  /** Bytes. A short body is text of one character per byte: Node then sends head and body as one piece. */
  readonly body: string | Buffer;
  /** A list has an event stream at the same URL. */
  readonly isList: boolean;
}

/** The responses of the current release, by their exact path: another case or an escape is another URL. */
export class Responses {
  #release: readonly Response[] = [];
  readonly #byPath = new Map<string, Response>();
  #answers = new Map<string, Answer>();
  #committedAt = "";
  #compileOther: (path: string) => Response | undefined = () => undefined;

  /** The environments of the current release; the first is at the root of the URLs. */
  environments: readonly string[] = defaultProject.environments;

  /** How many releases were served so far: what is derived from answers is valid as long as it stays. */
  generation = 0;

  /** Whether there is a release yet. */
  get isReady(): boolean {
    return this.#byPath.size > 0;
  }

  has(path: string): boolean {
    return this.#byPath.has(path);
  }

  /**
   * Replaces one release by the next in one step: no request sees a mixture. `compileOther` makes
   * the responses that the release does not publish, at their first request.
   */
  serve(
    release: Release,
    compileOther: (path: string) => Response | undefined = () => undefined,
  ): void {
    this.#replace(release.responses);
    this.#answers = new Map();
    this.#compileOther = compileOther;
    this.#committedAt = release.committed_at;
    this.environments = release.environments;
    this.generation += 1;
  }

  /** Only paths that changed are set or removed. Both lists are sorted by path. */
  #replace(next: readonly Response[]): void {
    const before = this.#release;
    this.#release = next;
    for (let [at, old] = [0, 0]; at < next.length || old < before.length; ) {
      const [response, earlier] = [next[at], before[old]];
      if (response === earlier) {
        at += 1;
        old += 1;
      } else if (response && (!earlier || response.path <= earlier.path)) {
        this.#byPath.set(response.path, response);
        at += 1;
        if (response.path === earlier?.path) old += 1;
      } else if (earlier) {
        this.#byPath.delete(earlier.path);
        old += 1;
      }
    }
  }

  /** The answer is made at the first request, because most flags are never read one by one. */
  get(path: string): Answer | undefined {
    const ready = this.#answers.get(path);
    if (ready) return ready;
    const response = this.#byPath.get(path) ?? this.#compileOther(path);
    if (!response) return undefined;
    const bytes = Buffer.from(response.body);
    const answer = {
      etag: etag(response),
      contentType: contentTypeOf(path),
      lastModified: lastModifiedOf(response, this.#committedAt),
      body: bytes.length <= maxOnePieceBytes ? bytes.toString("latin1") : bytes,
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
