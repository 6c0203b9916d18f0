import { staleHeader } from "./core/download.ts";
import { maxListBytes } from "./core/limits.ts";
import { isFlagList, readList } from "./core/list.ts";
import { readBody } from "./core/read-body.ts";
import type { Failure } from "./core/types.ts";

export interface WorkerOptions {
  /** The list's URL, as the page requests it. */
  readonly url: string;
  /** Seconds to wait for the network before the stored copy is returned, if there is one. Default: 2. */
  readonly timeoutSeconds?: number | undefined;
}

/**
 * Makes a service worker answer requests for the flags: from the network if it returns a valid list in
 * time, otherwise with the last valid list. A header of a stored copy says why it was returned, so that
 * the page knows that its flags are stale. A response that arrives too late is stored for the next time.
 * Throws if JavaScript passes no `url`.
 */
export function serveFlags(options: WorkerOptions): void {
  const { url, timeoutSeconds = 2 }: Partial<WorkerOptions> = options ?? {};
  if (!url) {
    const example = 'serveFlags({ url: "https://cdn.example.com/v1/feature-flags/" })';
    throw new TypeError(`Cannot serve flags: there is no url. Pass one: ${example}`);
  }
  const worker = globalThis as unknown as WorkerScope;
  const source = new URL(url, worker.location.href).href;
  const cacheName = `${cachePrefix}1 ${source}`;
  const timeoutMs = timeoutSeconds * 1_000;
  let lastRequest = 0;
  let storedRequest = 0;

  worker.addEventListener("install", (event) => {
    event.waitUntil(waitFor(request(source), timeoutMs));
  });
  worker.addEventListener("activate", (event) => event.waitUntil(deleteOldCaches(cacheName)));
  worker.addEventListener("fetch", (event) => {
    const { method, url } = event.request;
    if (method !== "GET" || url !== source || wantsStream(event.request)) return;
    const fromNetwork = request(event.request);
    event.waitUntil(fromNetwork);
    event.respondWith(respond(fromNetwork));
  });

  /** The network's response and, if it is not a valid list, the reason. Never rejects. */
  async function request(target: Request | string): Promise<NetworkResponse> {
    lastRequest += 1;
    const number = lastRequest;
    try {
      const response = await fetch(target);
      const list = await readValidList(response.clone());
      if ("failure" in list) return { response, failure: list.failure };
      // Responses may arrive in another order than their requests were sent.
      if (number > storedRequest) {
        storedRequest = number;
        await store(list.text, response.headers.get("last-modified")).catch(() => {});
      }
      return { response };
    } catch {
      return { response: Response.error(), failure: "network" };
    }
  }

  async function respond(fromNetwork: Promise<NetworkResponse>): Promise<Response> {
    const inTime = await waitFor(fromNetwork, timeoutMs);
    if (inTime && !inTime.failure) return inTime.response;
    const copy = await findCopy(inTime?.failure ?? "timeout").catch(() => undefined);
    if (!copy) return (await fromNetwork).response;
    inTime?.response.body?.cancel().catch(() => {});
    return copy;
  }

  async function store(text: string, lastModified: string | null): Promise<void> {
    const headers = {
      "Content-Type": "application/json",
      Date: new Date().toUTCString(),
      ...(lastModified === null ? {} : { "Last-Modified": lastModified }),
    };
    const cache = await caches.open(cacheName);
    await cache.put(source, new Response(text, { headers }));
  }

  async function findCopy(failure: Failure): Promise<Response | undefined> {
    const copy = await (await caches.open(cacheName)).match(source);
    if (!copy) return undefined;
    const headers = new Headers(copy.headers);
    headers.set(staleHeader, failure);
    return new Response(copy.body, { headers });
  }
}

const cachePrefix = "bunting flags ";

interface NetworkResponse {
  readonly response: Response;
  /** Why the response is not a valid list. */
  readonly failure?: Failure;
}

async function readValidList(
  response: Response,
): Promise<{ readonly text: string } | { readonly failure: Failure }> {
  if (response.status !== 200) return { failure: "status" };
  const text = await readBody(response, maxListBytes);
  if (text === undefined) return { failure: "too_large" };
  try {
    return isFlagList(readList(JSON.parse(text))) ? { text } : { failure: "malformed" };
  } catch {
    return { failure: "malformed" };
  }
}

function wantsStream(request: Request): boolean {
  return request.headers.get("accept")?.includes("text/event-stream") ?? false;
}

/** The promise's value, or `undefined` if it takes longer than `timeoutMs`. */
async function waitFor<T>(promise: Promise<T>, timeoutMs: number): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, undefined);
  });
  const first = await Promise.race([promise, timeout]);
  clearTimeout(timer);
  return first;
}

/** Deletes the caches of earlier versions and of URLs that are no longer used. */
async function deleteOldCaches(current: string): Promise<void> {
  const old = (await caches.keys()).filter(
    (name) => name.startsWith(cachePrefix) && name !== current,
  );
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** The parts of a service worker's scope that are used. TypeScript's library for pages lacks them. */
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
