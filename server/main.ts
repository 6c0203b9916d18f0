/** `bunting start`: the server, with everything embedded if nothing is configured. */
import { existsSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Logger } from "pino";
import { outputs } from "../schema/compile/outputs.ts";
import { pluralize, shortId } from "../schema/text/show.ts";
import { makeDirectory } from "../store/files/make-directory.ts";
import { endChildren } from "../store/git/children.ts";
import { holdLock } from "../store/locks/hold-lock.ts";
import {
  MissingBranchError,
  RemoteUnavailableError,
  ShallowRemoteError,
} from "../store/remote/remote.ts";
import { RemoteBranch } from "../store/remote/remote-branch.ts";
import { Signer } from "../store/remote/signer.ts";
import { Repository } from "../store/snapshot/repository.ts";
import { openTarget } from "../store/target/open-target.ts";
import { FlagStore } from "../store/writes/flag-store.ts";
import { cdnHandler } from "./embedded/cdn.ts";
import { embeddedCommitKeys, embeddedRemote, embeddedTokens } from "./embedded/embedded.ts";
import { close, createHttpServer, listen } from "./http/http-server.ts";
import { createLog } from "./observe/log.ts";
import { createService } from "./service.ts";
import { findMisspeltSettings, readSettings } from "./settings.ts";

const ownKeyWarning =
  "FLAGS_COMMIT_KEY is not set: only this FLAGS_DATA recognizes the commits of this server; other servers, and this one without its data, know neither their idempotency keys nor their actors";

const cdnPort = "PORT to another port: the CDN takes the one after it";

export interface StartOptions {
  /** The clone that the embedded remote is made from. */
  readonly checkout: string;
  /** Continue with a remote branch that lost commits. */
  readonly acceptRemote: boolean;
}

/**
 * Starts the server of this process's environment, and returns what its user needs to know. If it cannot
 * start, timers and child processes may remain.
 */
export async function startServer({ checkout, acceptRemote }: StartOptions): Promise<string> {
  const settings = readSettings(process.env);
  const { host, port, branch, data, publish, tokens } = settings;
  const log = createLog(settings.logLevel);
  for (const warning of findMisspeltSettings(process.env)) log.warn(warning);
  const isEmbedded = [settings.remote, publish, tokens].every((setting) => setting === undefined);

  const signer = settings.signingKey ? await Signer.open(settings.signingKey) : undefined;
  // Without a commit nothing can be served, so no directory is created.
  const head = settings.remote ? "" : await (await Repository.open(checkout)).resolve("HEAD");
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, exitOnSignal);
  await lockData(data, log);
  const { remote, note } = settings.remote
    ? { remote: settings.remote, note: undefined }
    : await embeddedRemote(checkout, head, data, branch);
  // Without a tokens file, a server of a remote accepts JSON web tokens only.
  const hasOwnTokens = !tokens && !settings.remote;
  const { file, token } = hasOwnTokens ? embeddedTokens(data) : { file: tokens, token: undefined };
  // Nobody has seen the token if the start fails: the next start makes another one.
  const removeTokens = () => rmSync(file ?? "", { force: true });
  if (token !== undefined) process.once("exit", removeTokens);
  const directory = path.resolve(data, "clone.git");
  const clone = await RemoteBranch.open(directory, remote, branch, undefined, acceptRemote);
  const commitKeys = settings.commitKeys ?? embeddedCommitKeys(data);
  if (settings.remote && !settings.commitKeys) log.warn(ownKeyWarning);
  const store = await FlagStore.open(clone, { acceptRemote, commitKeys, signer });
  const cdn = isEmbedded ? path.resolve(data, "cdn") : undefined;
  const target = publish ?? cdn;
  const service = createService(
    { ...settings, commitKeys, tokens: file },
    store,
    target === undefined ? undefined : await openTarget(target),
    log,
  );
  const cdnServer = cdn === undefined ? undefined : createHttpServer(cdnHandler(cdn));
  stopOnSignal(async (drainMs) => {
    await Promise.all([service.close(drainMs), cdnServer && close(cdnServer)]);
  });

  const url = await listen(service.server, host, port);
  const cdnUrl = cdnServer && (await listen(cdnServer, host, port === 0 ? 0 : port + 1, cdnPort));
  const { commit, flags = [] } = store.current?.snapshot ?? {};
  const isEmpty = commit !== undefined && flags.length === 0;
  const lines = [
    `Serving ${pluralize(flags.length, "flag")} at ${commit === undefined ? "no valid commit" : shortId(commit)}:`,
    `  API  ${url}${outputs.list.path}`,
    ...(cdnUrl === undefined ? [] : [`  CDN  ${cdnUrl}${outputs.list.path}`]),
    ...(settings.remote
      ? []
      : [`  git  ${path.relative(".", remote)}${note ? `  (${note})` : ""}`]),
    ...(isEmpty && !settings.remote ? ["  to write a first flag: bunting init"] : []),
    ...(token === undefined ? [] : [`  admin token, shown this once: ${token}`]),
    ...(hasOwnTokens && token === undefined ? [`  another token: ${addToken(file)}`] : []),
  ];
  process.off("exit", removeTokens);
  return lines.join("\n");
}

function addToken(file = ""): string {
  return `bunting token --add ${path.relative(".", file)} --name NAME --role admin`;
}

/** Why the server cannot start, and for a remote that cannot be used the setting to check. */
export function describeFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : `${error}`;
  if (error instanceof MissingBranchError)
    return `${message}\n  hint: set FLAGS_BRANCH to a branch of the remote, or push the branch`;
  if (error instanceof ShallowRemoteError || !(error instanceof RemoteUnavailableError))
    return message;
  return `${message}\n  hint: check FLAGS_REMOTE, the network, and the credentials of git for this remote`;
}

/** Creates the directory `data` and keeps other servers away from it until this process exits. */
async function lockData(data: string, log: Logger): Promise<void> {
  try {
    const isNew = !existsSync(data);
    makeDirectory(data);
    // It gets a key and tokens, which nobody should commit.
    if (isNew) writeFileSync(path.join(data, ".gitignore"), "*\n");
  } catch (error) {
    throw new Error(`Cannot create FLAGS_DATA "${data}": ${(error as Error).message}`);
  }
  const release = await holdLock(path.resolve(data, "server.lock"), {
    onWait: (holder, staleMs) =>
      process.stderr.write(
        `Waiting up to ${staleMs / 1_000} s to see whether ${holder} still works in "${data}"\n`,
      ),
    // As after SIGKILL, no acknowledged write is lost.
    onLost: (holder) => {
      const problem = `${holder} has taken over "${data}", because this process did not refresh its lock in time`;
      log.fatal({ problem }, "lock lost");
      process.stderr.write(`Cannot continue: ${problem}\n`);
      process.exit(1);
    },
  });
  process.once("exit", release);
}

/** Minimum time for which the server answers after a signal. It is 0 at a terminal. */
const drainMs = { SIGTERM: 1_000, SIGINT: 0 };
/**
 * Maximum time for work in progress. To end git then takes up to one second, and supervisors kill a process
 * ten seconds after the signal.
 */
const maxStopMs = 6_000;

/** While the server starts. Without a handler, a signal would leave the lock and a token that nobody has seen. */
function exitOnSignal(signal: "SIGINT" | "SIGTERM"): void {
  process.exit(signal === "SIGINT" ? 130 : 143);
}

/** On a signal, exits with 0 when `stop` is done. After `maxStopMs` it ends git and exits. */
function stopOnSignal(stop: (drainMs: number) => Promise<void>): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.off(signal, exitOnSignal);
    process.once(signal, () => {
      // End a hanging push: if it succeeded after the exit, its client would never get an answer.
      setTimeout(() => void endChildren().then(() => process.exit(0)), maxStopMs).unref();
      stop(drainMs[signal]).then(
        () => process.exit(0),
        () => process.exit(1),
      );
    });
  }
}
