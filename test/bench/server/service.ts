/** The product's server with everything a benchmark needs set up around it. */
import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { tokenEntry } from "../../../schema/access/tokens.ts";
import { Authenticator } from "../../../server/auth/authenticator.ts";
import { Tokens } from "../../../server/auth/tokens.ts";
import { listen } from "../../../server/http/http-server.ts";
import { createLog } from "../../../server/observe/log.ts";
import { createService } from "../../../server/service.ts";
import { readSettings } from "../../../server/settings.ts";
import { RemoteBranch } from "../../../store/remote/remote-branch.ts";
import { FlagStore } from "../../../store/writes/flag-store.ts";

/** A tokens file with one token that may do everything. */
export function writeToken(scratch: string): { token: string; file: string } {
  const admin = {
    id: "bench",
    name: "Bench",
    email: "bench@bunting.example",
    role: "admin",
  } as const;
  const { token, entry } = tokenEntry(randomBytes(24), admin);
  const file = path.join(scratch, `tokens-${process.pid}.json`);
  writeFileSync(file, JSON.stringify([entry]), { mode: 0o600 });
  return { token, file };
}

export function authenticatorOf(tokensFile: string): Authenticator {
  const fail = (problem: string) => {
    throw new Error(problem);
  };
  return new Authenticator(new Tokens(tokensFile, fail), undefined);
}

/** Starts the server on a remote, with its clone at `clone`, and returns its URL. */
export async function startService(remote: string, clone: string, tokens: string): Promise<string> {
  const store = await FlagStore.open(await RemoteBranch.open(clone, remote, "main"), {
    commitKeys: ["k".repeat(64)],
  });
  const settings = readSettings({ FLAGS_WRITES_PER_MINUTE: "0", LOG_LEVEL: "silent" });
  const service = createService({ ...settings, tokens }, store, undefined, createLog("silent"));
  return listen(service.server, "127.0.0.1", 0);
}
