import path from "node:path";
import { readGit, remoteEnvironment } from "./git.ts";

/** The remote did not answer, or not with what was asked for: to be tried again. */
export class RemoteUnavailableError extends Error {
  override readonly name = "RemoteUnavailableError";
}

/** A git remote: any URL or path that git takes. */
export class Remote {
  readonly url: string;

  constructor(url: string) {
    // As git tells them apart: a path has no colon before its first slash.
    this.url = /^[^/]+:/.test(url) ? url : path.resolve(url);
  }

  /**
   * Runs a git command that talks to the remote, in the clone `directory`; in no repository at all
   * where there is none. Throws `RemoteUnavailableError`, also when it takes longer than `patience`
   * milliseconds.
   */
  async run(
    directory: string | undefined,
    args: readonly string[],
    patience: number,
  ): Promise<string> {
    const options = { signal: AbortSignal.timeout(patience), env: remoteEnvironment() };
    const [place, where] =
      directory === undefined ? [path.parse(process.cwd()).root, []] : [directory, ["--git-dir=."]];
    try {
      return await readGit(place, [...where, ...args], options);
    } catch (error) {
      // Not as a cause: that would carry the secrets into the log.
      const message = withoutSecrets((error as Error).message, this.url);
      throw new RemoteUnavailableError(`Cannot reach the remote: ${message}`);
    }
  }
}

/** Git repeats the remote's URL in its messages, credentials included. */
function withoutSecrets(text: string, url: string): string {
  const [, credentials = ""] = /^[^/]+:\/\/(.*@)/.exec(url) ?? [];
  return text.replaceAll(credentials || "\0", "").replace(/\/\/[^/\s]*@/g, "//");
}
