import { largestAnswer } from "./limits.ts";
import { isFlagList } from "./list.ts";
import type { Failure } from "./types.ts";

export interface WorkerOptions {
  /** The list's URL, as the page asks for it. */
  readonly url: string;
  /** Seconds that the network gets before the copy is taken, where there is one: 2 unless given. */
  readonly timeoutSeconds?: number | undefined;
}

/**
 * Lets a service worker answer for the flags: from the network, when it gives a good list in time, else
 * the last good list that it gave. An answer that is late is kept for the next time, and a copy says why
 * it was served, so a page knows that its flags are stale, and a slow network does not make them older.
 */
export function serveFlags({ url, timeoutSeconds = 2 }: WorkerOptions): void {
  const worker = globalThis as unknown as WorkerScope;
  const source = new URL(url, worker.location.href).href;
  const ownCache = `${caching}1 ${source}`;
  const patience = timeoutSeconds * 1_000;
  let asked = 0;
  let kept = 0;

  worker.addEventListener("install", (event) => event.waitUntil(inTime(ask(source), patience)));
  worker.addEventListener("activate", (event) => event.waitUntil(dropOldCaches(ownCache)));
  worker.addEventListener("fetch", (event) => {
    const { request } = event;
    if (request.method !== "GET" || request.url !== source || wantsStream(request)) return;
    const answer = ask(request);
    event.waitUntil(answer);
    event.respondWith(choose(answer));
  });

  /** What the network says, and whether it can be believed. Never rejects. */
  async function ask(request: Request | string): Promise<Answer> {
    asked += 1;
    const turn = asked;
    try {
      const response = await fetch(request);
      const list = await readList(response.clone());
      if (typeof list === "string") return { response, failure: list };
      // Answers overtake each other.
      if (turn > kept) {
        kept = turn;
        await keep(list.text, response.headers.get("last-modified")).catch(() => {});
      }
      return { response };
    } catch {
      return { response: Response.error(), failure: "network" };
    }
  }

  async function choose(answer: Promise<Answer>): Promise<Response> {
    const first = await inTime(answer, patience);
    if (first && !first.failure) return first.response;
    const copy = await findCopy(first?.failure ?? "timeout").catch(() => undefined);
    if (!copy) return (await answer).response;
    first?.response.body?.cancel().catch(() => {});
    return copy;
  }

  async function keep(text: string, modified: string | null): Promise<void> {
    const headers = {
      "Content-Type": "application/json",
      Date: new Date().toUTCString(),
      ...(modified === null ? {} : { "Last-Modified": modified }),
    };
    const cache = await caches.open(ownCache);
    await cache.put(source, new Response(text, { headers }));
  }

  async function findCopy(failure: Failure): Promise<Response | undefined> {
    const copy = await (await caches.open(ownCache)).match(source);
    if (!copy) return undefined;
    const at = Date.parse(copy.headers.get("date") ?? "");
    const body = JSON.stringify({ ...(await copy.json()), at, failure });
    return new Response(body, { headers: copy.headers });
  }
}

const caching = "bunting flags ";

interface Answer {
  readonly response: Response;
  /** Why it cannot be believed. */
  readonly failure?: Failure;
}

async function readList(response: Response): Promise<{ readonly text: string } | Failure> {
  if (response.status !== 200) return "status";
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done) break;
    text += value;
    if (text.length <= largestAnswer) continue;
    // Settles when the other copy of the body has been read, so it is not waited for.
    void reader?.cancel();
    return "too_large";
  }
  try {
    return isFlagList(JSON.parse(text)) ? { text } : "malformed";
  } catch {
    return "malformed";
  }
}

function wantsStream(request: Request): boolean {
  return request.headers.get("accept")?.includes("text/event-stream") ?? false;
}

async function inTime<T>(promise: Promise<T>, patience: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, patience, undefined);
  });
  const first = await Promise.race([promise, late]);
  clearTimeout(timer);
  return first;
}

/** Those of earlier versions, and of URLs that are asked for no more. */
async function dropOldCaches(current: string): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(caching) && name !== current);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** As much as is needed of what TypeScript describes in a library that excludes the one for pages. */
interface WorkerScope {
  readonly location: Location;
  addEventListener(type: "install" | "activate", listener: (event: LongEvent) => void): void;
  addEventListener(type: "fetch", listener: (event: FetchEvent) => void): void;
}

interface LongEvent {
  waitUntil(promise: Promise<unknown>): void;
}

interface FetchEvent extends LongEvent {
  readonly request: Request;
  respondWith(response: Promise<Response>): void;
}
