/// <reference path="../../setup/provided.d.ts" />
/**
 * Runs the commands of workflow steps, for `tools/bunting`: starting Node for each would take most of a
 * run's time.
 */
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { text } from "node:stream/consumers";
import { inject } from "vitest";
import { runCommand } from "../../scripts/setup/command-runner.ts";
import { cleanUpAfterFile } from "../../setup/test-file.ts";

/** Returns the URL. A request names a directory, which has the command and gets its output; the response is the exit code. */
export async function startCommandServer(): Promise<string> {
  const server = createServer(async (request, response) => {
    const directory = await text(request);
    const [cwd = "", ...args] = readParts(path.join(directory, "args"));
    const env = Object.fromEntries(
      readParts(path.join(directory, "env")).map((variable) => {
        const end = variable.indexOf("=");
        return [variable.slice(0, end), variable.slice(end + 1)];
      }),
    );
    const ran = await runCommand({ program: inject("program"), args, cwd, env });
    writeFileSync(path.join(directory, "stdout"), ran.stdout);
    writeFileSync(path.join(directory, "stderr"), ran.stderr);
    response.end(String(ran.code));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUpAfterFile(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The parts of a file that a NUL ends. */
function readParts(file: string): string[] {
  return readFileSync(file, "utf8").split("\0").slice(0, -1);
}
