/** A service worker of an application. The query contains the URL of the flags. */
import { serveFlags } from "../../../client/worker.ts";

serveFlags({ url: new URL(location.href).searchParams.get("url") ?? "", timeoutSeconds: 0.5 });

interface Worker {
  readonly clients: { claim(): Promise<void> };
  addEventListener(
    type: "activate",
    listener: (event: { waitUntil(promise: Promise<void>): void }) => void,
  ): void;
}

const worker = globalThis as unknown as Worker;
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
