/** `npm start`: compiles this checkout's `HEAD` and serves it. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { compile } from "../schema/compile.ts";
import { formatProblem } from "../schema/problem.ts";
import { Repository } from "../store/repository.ts";
import { createApp } from "./app.ts";
import { readSettings } from "./settings.ts";

const help = `Serves the flags of this checkout's HEAD over HTTP, byte for byte as they are published.

Usage: npm start

  PORT  where to listen (default: 8080; 0 takes any that is free)
  HOST  on which address (default: 127.0.0.1)
`;

try {
  if (process.argv.includes("--help")) process.stdout.write(help);
  else await start();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 2;
}

async function start(): Promise<void> {
  const { host, port } = readSettings(process.env);
  const repository = await Repository.open(".");
  const commit = await repository.resolve("HEAD");
  const { snapshot, problems } = await repository.read(
    commit,
    new Date().toISOString().slice(0, 10),
  );
  if (!snapshot) {
    const errors = problems.filter(({ severity }) => severity === "error");
    process.stderr.write(`Cannot serve ${commit}:\n${errors.map(formatProblem).join("\n")}\n`);
    process.exitCode = 1;
    return;
  }

  const server = createServer(createApp(compile(snapshot)));
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason = error.code === "EADDRINUSE" ? "another program listens there" : error.message;
      reject(new Error(`Cannot listen on ${host}:${port}: ${reason}; set PORT to another port`));
    });
    server.listen(port, host, resolve);
  });
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      server.close();
      server.closeAllConnections();
    });
  }

  const { address, family, port: taken } = server.address() as AddressInfo;
  const url = `http://${family === "IPv6" ? `[${address}]` : address}:${taken}`;
  const { length } = snapshot.flags;
  process.stdout.write(`Serving ${length} flags at ${commit.slice(0, 7)}. Open:\n`);
  for (const path of [
    "/v1/feature-flags/",
    `/v1/feature-flags/${snapshot.flags[0]?.name ?? ""}`,
    "/staging/v1/feature-flags/",
  ]) {
    process.stdout.write(`  ${url}${path}\n`);
  }
}
