/**
 * A server. Prints its URL and a token; then, for each line that it reads, its memory, and its processor
 * time in µs. It ends with its standard input.
 *
 *     serve.ts KIND REPOSITORY SCRATCH
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import express from "express";
import { compile } from "../../../schema/compile/compile.ts";
import { contentTypeOf, pathOf } from "../../../schema/compile/urls.ts";
import { defaultProject } from "../../../schema/project/project.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { authenticatorOf, startService, writeToken } from "../server/service.ts";

const application = "application";

const [kind = "", repository = "", scratch = ""] = process.argv.slice(2);
const path = pathOf(defaultProject, application);
const { token, file } = writeToken(scratch);
const url = await start();
console.log(JSON.stringify({ url: `${url}${path}`, token }));

for await (const _ of createInterface(process.stdin)) {
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  console.log(JSON.stringify({ ...process.memoryUsage(), cpu: user + system }));
}
process.exit();

async function start(): Promise<string> {
  if (kind === "bunting") {
    return startService(repository, join(scratch, `clone-${process.pid}.git`), file);
  }
  const flags = await Repository.open(repository);
  const { snapshot } = await flags.read(await flags.resolve("main"), "");
  if (!snapshot) throw new Error("Cannot serve: a flag is not valid");
  const list = compile(snapshot).responses.find((response) => response.path === path);
  const buffer = Buffer.from(list?.body ?? "");
  const headers = { "Content-Type": contentTypeOf(path), "Content-Length": buffer.length };
  const authenticator = authenticatorOf(file);

  const server = createServer(
    {
      bare: (_: IncomingMessage, response: ServerResponse) => {
        response.writeHead(200, headers).end(buffer);
      },
      authenticated: (request: IncomingMessage, response: ServerResponse) => {
        const isKnown = authenticator.recognize(request.headers.authorization) !== undefined;
        response.writeHead(isKnown ? 200 : 401, headers).end(buffer);
      },
      express: express().get(path, (_request, response) => {
        response.writeHead(200, headers).end(buffer);
      }),
      streams: (_: IncomingMessage, response: ServerResponse) => {
        response
          .writeHead(200, { "Content-Type": "text/event-stream" })
          .write(`data: ${buffer}\n\n`);
      },
    }[kind],
  );
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
