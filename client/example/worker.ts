/** The example's service worker: serves flags and the page without a network. */
import { serveFlags } from "../worker.ts";

serveFlags({ url: new URL(location.href).searchParams.get("url") ?? "/v1/feature-flags/" });

const cache = "example page";
const worker = globalThis as unknown as Worker;
worker.addEventListener("install", (event) => {
  worker.skipWaiting();
  event.waitUntil(caches.open(cache).then((page) => page.add("/")));
});
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
worker.addEventListener("fetch", (event) => {
  const { method, url } = event.request;
  const { origin, pathname } = new URL(url);
  const isPage = method === "GET" && origin === location.origin && !pathname.includes("/v1/");
  if (isPage) event.respondWith(askForPage(event.request));
});

async function askForPage(request: Request): Promise<Response> {
  const page = await caches.open(cache);
  try {
    const response = await fetch(request);
    if (response.ok) await page.put(request, response.clone());
    return response;
  } catch {
    return (await page.match(request)) ?? Response.error();
  }
}

interface WorkerEvent {
  readonly request: Request;
  waitUntil(promise: Promise<unknown>): void;
  respondWith(response: Promise<Response>): void;
}

interface Worker {
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): void;
  addEventListener(type: string, listener: (event: WorkerEvent) => void): void;
}
