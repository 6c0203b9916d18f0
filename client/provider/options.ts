/** Where the definitions come from: a CDN, a server or a directory. */
export type ServerProviderOptions = UrlOptions | DirectoryOptions;

interface CommonOptions {
  /** The environment that the definitions must be of. Not checked if it is missing. */
  readonly environment?: string | undefined;
  /** Keeps the last good definitions in this file, so that a program can start without the source. */
  readonly cacheFile?: string | undefined;
}

export interface UrlOptions extends CommonOptions {
  /** `https://cdn.example.com/v1/definitions.json`, or a server's `…/v1/private/definitions.json`. */
  readonly url: string;
  /** Sent as `Authorization: Bearer …`. A server requires it. */
  readonly token?: string | undefined;
  /** Keeps the server's event stream open, so that changes arrive at once. A CDN has none. */
  readonly stream?: boolean | undefined;
  /** Seconds between two requests, plus or minus 10 %. Default: 60. With 0 the provider does not poll. */
  readonly refreshSeconds?: number | undefined;
  /** How long a request may take, its body included. Default: 5. */
  readonly timeoutSeconds?: number | undefined;
  readonly directory?: never;
}

export interface DirectoryOptions extends CommonOptions {
  /** Holds a release: what `bunting build` writes, or `bunting publish` to a directory. */
  readonly directory: string;
  /** Seconds between two checks of the directory. Default: 1. */
  readonly refreshSeconds?: number | undefined;
  readonly url?: never;
}
