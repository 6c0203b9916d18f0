import { readBody } from "../core/read-body.ts";
import { type DefinitionsSource, maxDefinitionsBytes, type SourceText } from "./source.ts";

export interface HttpSourceOptions {
  readonly url: string;
  readonly token: string | undefined;
  /** How long a request may take, its body included. */
  readonly timeoutMs: number;
}

/** Reads the definitions from a CDN or a server, with `If-None-Match`. */
export function httpSource({ url, token, timeoutMs }: HttpSourceOptions): DefinitionsSource {
  return { name: url, read };

  async function read(version: string, closing: AbortSignal): Promise<SourceText | undefined> {
    const request = new AbortController();
    const { signal } = request;
    const isLate = () => request.abort(new Error(`no complete response in ${timeoutMs} ms`));
    const timer = setTimeout(isLate, timeoutMs);
    closing.addEventListener("abort", () => request.abort(closing.reason), { signal });
    try {
      closing.throwIfAborted();
      const headers = {
        accept: "application/json",
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...(version ? { "if-none-match": version } : {}),
      };
      const response = await fetch(url, { headers, signal });
      if (version && response.status === 304) return undefined;
      return await readResponse(response);
    } catch (error) {
      throw new Error(`Cannot read "${url}": ${reasonOf(error)}`, { cause: error });
    } finally {
      clearTimeout(timer);
      // Stops the transfer if the body was not read to its end.
      request.abort();
    }
  }
}

async function readResponse(response: Response): Promise<SourceText> {
  if (response.status !== 200) {
    throw new Error(`the status is ${response.status}; expected 200${hintFor(response.status)}`);
  }
  const type = response.headers.get("content-type") ?? "";
  if (!type.includes("json")) throw new Error(`the content type is "${type}"; expected JSON`);
  const text = await readBody(response, maxDefinitionsBytes);
  if (text === undefined) throw new Error(`it has more than ${maxDefinitionsBytes} bytes`);
  return { text, version: response.headers.get("etag") ?? "" };
}

function hintFor(status: number): string {
  if (status === 401 || status === 403) return ". Pass a token that may read it";
  if (status === 404) return ". Write publish: { definitions: true } to bunting.yaml";
  return "";
}

/** `fetch` says only "fetch failed"; its cause has the reason. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error && cause.message ? cause.message : message;
}
