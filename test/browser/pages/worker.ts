/** A service worker as an application would write it. Its query says where the flags are. */
import { serveFlags } from "../../../client/worker.ts";

serveFlags({ url: new URL(location.href).searchParams.get("url") ?? "", timeoutSeconds: 1 });

interface Worker {
  readonly clients: { claim(): Promise<void> };
  addEventListener(
    type: "activate",
    listener: (event: { waitUntil(promise: Promise<void>): void }) => void,
  ): void;
}

const worker = globalThis as unknown as Worker;
worker.addEventListener("activate", (event) => event.waitUntil(worker.clients.claim()));
