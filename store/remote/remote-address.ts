/**
 * The address of a remote, with its credentials kept apart: arguments of processes can be read by
 * every user of the machine, and git repeats a URL in its messages.
 */
import path from "node:path";

export interface RemoteAddress {
  /** Without credentials: safe as an argument. A path is absolute. */
  readonly url: string;
  readonly isPath: boolean;
  /** Settings that hand the credentials to git. They refer to `env` and hold no secret. */
  readonly config: readonly (readonly [key: string, value: string])[];
  readonly env: Readonly<Record<string, string>>;
  /** Texts that no message may contain. */
  readonly secrets: readonly string[];
}

/** A shell function: git runs it, and only variable names show in its arguments. */
const helper =
  '!f() { test "$1" = get && printf \'username=%s\\npassword=%s\\n\' "$BUNTING_GIT_USERNAME" "$BUNTING_GIT_PASSWORD"; }; f';

/** Reads any URL or path that git accepts. Throws, without repeating `text`, if it cannot be used. */
export function parseRemoteAddress(text: string): RemoteAddress {
  const nothing = { config: [], env: {}, secrets: [] };
  // Like git: a path has no colon before its first slash.
  if (!/^[^/]+:/.test(text)) return { ...nothing, url: path.resolve(text), isPath: true };
  const [, scheme = ""] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text) ?? [];
  if (scheme === "" || scheme.toLowerCase() === "file")
    return { ...nothing, url: text, isPath: false };
  const url = parseUrl(text);
  if (url.search !== "" || url.hash !== "")
    throw unusable(
      `it has a query ("?${[...url.searchParams.keys()][0] ?? ""}=…") or a fragment, which git would put into the arguments of its processes`,
      "put the credential before the host (https://USER:PASSWORD@HOST/…), or use a credential helper of git",
    );
  const [username, password] = [decodePercent(url.username), decodePercent(url.password)];
  if (!/^https?:$/.test(url.protocol)) {
    if (password === "") return { ...nothing, url: text, isPath: false };
    throw unusable(`${scheme} takes no password in a URL`, "use a key, and an agent that holds it");
  }
  if (/[\0\r\n]/.test(username + password))
    throw unusable("its credentials contain a line break", "check the percent-encoding");
  const scope = `credential.${url.protocol}//${url.host}`;
  const secrets = [url.password, password, ...(password === "" ? [username, url.username] : [])];
  url.username = "";
  url.password = "";
  return {
    url: url.href,
    isPath: false,
    ...credentials(scope, username, password),
    // Removing a shorter text would make every message unreadable.
    secrets: secrets.filter((secret) => secret.length >= 3),
  };
}

function credentials(
  scope: string,
  username: string,
  password: string,
): Pick<RemoteAddress, "config" | "env"> {
  if (username === "" && password === "") return { config: [], env: {} };
  // Credential helpers of the user may have the password.
  if (password === "") return { config: [[`${scope}.username`, username]], env: {} };
  return {
    // The empty helper removes those of the user, which would store the password.
    config: [
      [`${scope}.helper`, ""],
      [`${scope}.helper`, helper],
    ],
    env: { BUNTING_GIT_USERNAME: username, BUNTING_GIT_PASSWORD: password },
  };
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    const hint = "percent-encode special characters of the user name and the password";
    throw unusable("it is not a valid URL", hint);
  }
}

function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function unusable(why: string, hint: string): Error {
  return new Error(`Cannot use the URL of the remote: ${why}; ${hint}`);
}

/** A message of git without secrets: of each URL only the scheme, the host and the last part of the path stay. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  const shorter = text.replace(
    /([a-z][a-z0-9+.-]*):\/\/(?:[^\s/]*@)?([^\s/'"?#]*)([^\s'"?#]*)([?#][^\s'"]*)?/gi,
    (_, scheme: string, host: string, rest: string, query = "") => {
      const parts = rest.split("/").filter((part) => part !== "");
      const shown = parts.length > 1 ? `/…/${parts.at(-1)}` : rest;
      return `${scheme}://${host}${shown}${query === "" ? "" : "?…"}`;
    },
  );
  return secrets.reduce((message, secret) => message.replaceAll(secret, "***"), shorter);
}
