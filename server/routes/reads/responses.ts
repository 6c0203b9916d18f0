import { etag, type Release, type Response } from "../../../schema/compile/release.ts";
import { contentTypeOf, isList } from "../../../schema/compile/urls.ts";
import { defaultProject } from "../../../schema/project/project.ts";

/** In bytes: to copy more into one piece takes longer than to send two. */
const longestPiece = 10_000;

/** A response ready to be sent. */
export interface Answer {
  readonly etag: string;
  readonly contentType: string;
  /** The bytes. Of a short one each as a character: Node then sends head and body as one piece. */
  readonly body: string | Buffer;
  /** A list has an event stream behind the same URL. */
  readonly isList: boolean;
}

/** The responses of the release that is served, by path as it came: another case or an escape is another URL. */
export class Responses {
  #byPath = new Map<string, Response>();
  #answers = new Map<string, Answer>();

  /** Those of the release that is served; the first is at the root of the URLs. */
  environments: readonly string[] = defaultProject.environments;

  /** How many releases were served so far: what was made of one's answers is good as long as it stays. */
  generation = 0;

  /** Whether there is a release yet. */
  get isReady(): boolean {
    return this.#byPath.size > 0;
  }

  has(path: string): boolean {
    return this.#byPath.has(path);
  }

  /** From one release to the next at once: no request sees some of both. */
  serve(release: Release): void {
    this.#byPath = new Map(release.responses.map((response) => [response.path, response]));
    this.#answers = new Map();
    this.environments = release.environments;
    this.generation += 1;
  }

  /** Made ready when it is first asked for: most flags never are. */
  get(path: string): Answer | undefined {
    const ready = this.#answers.get(path);
    if (ready) return ready;
    const response = this.#byPath.get(path);
    if (!response) return undefined;
    const bytes = Buffer.from(response.body);
    const answer = {
      etag: etag(response),
      contentType: contentTypeOf(path),
      body: bytes.length <= longestPiece ? bytes.toString("latin1") : bytes,
      isList: isList(path),
    };
    this.#answers.set(path, answer);
    return answer;
  }
}
