/** Serves the example page of `client/` with an API and a CDN on one port. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type RequestListener, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import express from "express";

export interface Example {
  /** The URL to open. It contains a token with which the page may change flags. */
  readonly url: string;
  /** Resolves if the server behind it ends by itself. */
  readonly ended: Promise<unknown>;
  close(): Promise<void>;
}

const top = fileURLToPath(new URL("../../", import.meta.url));
const folder = path.join(top, "client/example");

export async function startExample(port: number): Promise<Example> {
  const modules = await bundlePage();
  const app = express().disable("x-powered-by");
  const server = app.listen(port, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const backend = await startBackend(url).catch((error) => {
    server.close();
    throw error;
  });
  app.use("/api", forward(backend.api));
  app.use((request, response, next) => {
    if (request.path.includes("/v1/")) return forward(backend.cdn)(request, response);
    response.set("Cache-Control", "no-cache");
    response.set("Content-Security-Policy", "default-src 'self'");
    next();
  });
  for (const { path: file, text } of modules)
    app.get(`/${path.basename(file)}`, (_request, response) => response.type("js").send(text));
  app.use(express.static(folder, { cacheControl: false }));
  const close = async () => {
    server.closeAllConnections();
    server.close();
    await backend.close();
  };
  return { url: `${url}/#token=${backend.token}`, ended: backend.ended, close };
}

/** The page's modules. */
async function bundlePage() {
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
  return outputFiles;
}

/** `bunting start` with everything embedded, in a directory that is deleted when it ends. */
async function startBackend(origin: string) {
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
  const output = await readUntil(child, "token");
  const find = (pattern: RegExp) => pattern.exec(output)?.[1] ?? "";
  const backend = {
    api: find(/API +(http:\/\/[^/]+)/),
    cdn: find(/CDN +(http:\/\/[^/]+)/),
    token: find(/token, shown this once: (\S+)/),
  };
  if (backend.token !== "") return { ...backend, ended, close };
  await close();
  throw new Error(`Cannot start the example's server: ${output.trim()}`);
}

/** The error output of a child process until it contains `last`, or until the process ends. */
function readUntil(child: ChildProcess, last: string): Promise<string> {
  let output = "";
  return new Promise((resolve) => {
    child.once("exit", () => resolve(output));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.includes(last) && output.endsWith("\n")) resolve(output);
    });
  });
}

/** Forwards each request to `origin`. */
function forward(origin: string): RequestListener {
  return (request, response) => {
    const { method, headers, url = "" } = request;
    const forwarded = send(origin + url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forwarded.on("error", () => response.destroy());
    response.on("close", () => forwarded.destroy());
    request.pipe(forwarded);
  };
}
