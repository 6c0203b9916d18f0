/** Serves the example page of `client/` with an API and a CDN on one port. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type RequestListener, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

export interface Example {
  /** The URL to open. It contains a token with which the page may change flags. */
  readonly url: string;
  /** Resolves if the server behind it ends by itself. */
  readonly ended: Promise<unknown>;
  close(): Promise<void>;
}

const top = fileURLToPath(new URL("../../", import.meta.url));
const types: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".svg": "image/svg+xml",
};

export async function startExample(port: number): Promise<Example> {
  const files = await bundlePage();
  let backend: Backend | undefined;
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://example");
    const file = files.get(pathname === "/" ? "/index.html" : pathname);
    if (pathname.includes("/v1/") && backend) forward(backend)(request, response);
    else if (file === undefined) response.writeHead(404).end();
    else {
      const type = types[path.extname(pathname)] ?? types[".html"];
      response.writeHead(200, {
        "Content-Type": type,
        "Cache-Control": "no-cache",
        "Content-Security-Policy": "default-src 'self'",
      });
      response.end(file);
    }
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await backend?.close();
  };
  try {
    backend = await startBackend(url);
  } catch (error) {
    await close();
    throw error;
  }
  return { url: `${url}/#token=${backend.token}`, ended: backend.ended, close };
}

/** The page's files by path. */
async function bundlePage(): Promise<Map<string, string | Buffer>> {
  const folder = path.join(top, "client/example");
  const { outputFiles } = await build({
    entryPoints: ["page.tsx", "worker.ts"].map((name) => path.join(folder, name)),
    bundle: true,
    minify: true,
    splitting: true,
    format: "esm",
    target: "es2022",
    jsx: "automatic",
    define: { "process.env.NODE_ENV": '"production"' },
    outdir: folder,
    write: false,
  });
  const own = ["index.html", "style.css", "icon.svg"];
  return new Map<string, string | Buffer>([
    ...own.map((name) => [`/${name}`, readFileSync(path.join(folder, name))] as const),
    ...outputFiles.map((file) => [`/${path.basename(file.path)}`, file.text] as const),
  ]);
}

interface Backend {
  readonly api: string;
  readonly cdn: string;
  readonly token: string;
  readonly ended: Promise<unknown>;
  close(): Promise<void>;
}

/** `bunting start` with everything embedded, in a directory that is deleted when it ends. */
async function startBackend(origin: string): Promise<Backend> {
  const data = mkdtempSync(path.join(tmpdir(), "bunting-example-"));
  const { PATH, HOME } = process.env;
  const child = spawn(
    process.execPath,
    ["--import", import.meta.resolve("tsx"), path.join(top, "scripts/bunting.ts"), "start"],
    {
      env: {
        PATH,
        HOME,
        PORT: "0",
        FLAGS_DATA: data,
        FLAGS_CORS_ORIGINS: origin,
        FLAGS_USAGE: "anonymous",
        LOG_LEVEL: "silent",
      },
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  const ended = once(child, "exit");
  const close = async () => {
    if (child.exitCode === null) child.kill("SIGTERM");
    await ended;
    rmSync(data, { recursive: true, force: true, maxRetries: 5 });
  };
  const said = await readUntil(child, "token");
  const find = (pattern: RegExp) => pattern.exec(said)?.[1] ?? "";
  const backend = {
    api: find(/API +(http:\/\/[^/]+)/),
    cdn: find(/CDN +(http:\/\/[^/]+)/),
    token: find(/token, shown this once: (\S+)/),
  };
  if (backend.token !== "") return { ...backend, ended, close };
  await close();
  throw new Error(`Cannot start the example's server: it said "${said.trim()}"`);
}

/** The output of a child process until it contains `last`, or until the process ends. */
function readUntil(child: ChildProcess, last: string): Promise<string> {
  let said = "";
  return new Promise((resolve) => {
    child.once("exit", () => resolve(said));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
      if (said.includes(last) && said.endsWith("\n")) resolve(said);
    });
  });
}

/** Forwards `/api/v1/…` to the API and `/v1/…` to the CDN. */
function forward({ api, cdn }: Backend): RequestListener {
  return (request, response) => {
    const { method, headers, url = "" } = request;
    const target = url.startsWith("/api/") ? api + url.slice("/api".length) : cdn + url;
    const passed = send(target, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    passed.on("error", () => response.destroy());
    response.on("close", () => passed.destroy());
    request.pipe(passed);
  };
}
