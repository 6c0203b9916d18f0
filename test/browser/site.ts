/** Pages for tests: scripts are bundled in memory and served by a real HTTP server. */
import { createServer, type RequestListener, type Server } from "node:http";
import path from "node:path";
import { type BuildOptions, build } from "esbuild";
import { close, listen } from "../../server/http/http-server.ts";
import { top } from "../scripts/setup/run.ts";

export interface Site extends AsyncDisposable {
  readonly url: string;
  /** Closes all connections and stops listening, like a network failure. */
  stop(): Promise<void>;
  /** Listens again, at the same URL. */
  start(): Promise<void>;
}

/** The answer at a path: a page, a script, or a listener. */
export type Content = string | Buffer | RequestListener;

export async function startSite(contents: Readonly<Record<string, Content>>): Promise<Site> {
  const listener: RequestListener = (request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    const content = contents[path];
    if (typeof content === "function") content(request, response);
    else if (content === undefined) response.writeHead(404).end();
    else {
      const type = path.endsWith(".js") ? "text/javascript" : "text/html; charset=utf-8";
      response.writeHead(200, { "Content-Type": type, "Cache-Control": "no-cache" }).end(content);
    }
  };
  let server: Server = createServer(listener);
  const url = await listen(server, "127.0.0.1", 0);
  const stop = async () => {
    server.closeAllConnections();
    await close(server);
  };
  return {
    url,
    stop,
    async start() {
      server = createServer(listener);
      await listen(server, "127.0.0.1", Number(new URL(url).port));
    },
    [Symbol.asyncDispose]: () => (server.listening ? stop() : Promise.resolve()),
  };
}

/** A page that only runs `script`. */
export function pageWith(script: string, body = ""): string {
  return `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>Test</title>${body}<script type="module" src="${script}"></script></html>`;
}

/** The script of a page in `pages/`. */
export async function bundle(file: string, options: BuildOptions = {}): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(top, "test/browser/pages", file)],
    bundle: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"development"' },
    ...options,
    write: false,
  });
  return outputFiles[0]?.text ?? "";
}
