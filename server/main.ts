/** `npm start`: the server, with everything embedded where nothing is configured. */
import { createServer } from "node:http";
import path from "node:path";
import { RemoteBranch } from "../store/git/remote-branch.ts";
import { Signer } from "../store/git/signer.ts";
import { openTarget } from "../store/publish/target.ts";
import { Repository } from "../store/snapshot/repository.ts";
import { FlagStore } from "../store/writes/flag-store.ts";
import { cdnHandler } from "./embedded/cdn.ts";
import { embeddedRemote, embeddedTokens } from "./embedded/embedded.ts";
import { help } from "./help.ts";
import { close, listen } from "./http/http.ts";
import { createLog } from "./observe/log.ts";
import { createService } from "./service.ts";
import { readSettings } from "./settings.ts";

const words = process.argv.slice(2);

try {
  const unknown = words.find((word) => word !== "--help" && word !== "--accept-remote");
  if (words.includes("--help")) process.stdout.write(help);
  else if (unknown === undefined) await start();
  else throw new Error(`Cannot start with "${unknown}": known are --accept-remote and --help`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  // What was begun before it failed would go on.
  process.exit(2);
}

async function start(): Promise<void> {
  const settings = readSettings(process.env);
  const { host, port, branch, data, publish, tokens } = settings;
  const log = createLog(settings.logLevel);
  const isEmbedded = [settings.remote, publish, tokens].every((setting) => setting === undefined);

  const signer = settings.signingKey ? await Signer.open(settings.signingKey) : undefined;
  const { remote, note } = settings.remote
    ? { remote: settings.remote, note: undefined }
    : await embeddedRemote(data, branch);
  const { file, token } = tokens ? { file: tokens, token: undefined } : embeddedTokens(data);
  const directory = path.resolve(data, "clone.git");
  const clone = await RemoteBranch.open(directory, remote, branch);
  const accept = words.includes("--accept-remote");
  const store = await FlagStore.open(clone, accept, undefined, signer);
  const cdn = isEmbedded ? path.resolve(data, "cdn") : undefined;
  const target = publish ?? cdn;
  const service = createService(
    { ...settings, tokens: file },
    store,
    await Repository.open(directory),
    target === undefined ? undefined : await openTarget(target),
    log,
  );
  const cdnServer = cdn === undefined ? undefined : createServer(cdnHandler(cdn));
  stopOnSignal(async () => {
    await Promise.all([service.close(), cdnServer && close(cdnServer)]);
  });

  const url = await listen(service.server, host, port);
  const cdnUrl = cdnServer && (await listen(cdnServer, host, port === 0 ? 0 : port + 1));
  const { length } = store.current?.snapshot.flags ?? [];
  const lines = [
    `Serving ${length} flags at ${store.current?.snapshot.commit.slice(0, 7) ?? "no valid commit"}:`,
    `  API  ${url}/v1/feature-flags/`,
    ...(cdnUrl === undefined ? [] : [`  CDN  ${cdnUrl}/v1/feature-flags/`]),
    ...(settings.remote
      ? []
      : [`  git  ${path.relative(".", remote)}${note ? `  (${note})` : ""}`]),
    ...(token === undefined ? [] : [`  admin token, shown this once: ${token}`]),
  ];
  process.stderr.write(`${lines.join("\n")}\n`);
}

/** Ends with 0 once everything is finished, and at the latest when nobody waits any more. */
function stopOnSignal(stop: () => Promise<void>): void {
  const patience = 8_000;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      setTimeout(() => process.exit(0), patience).unref();
      stop().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
}
