import { NEVER, timeoutMs } from "../core/limits.ts";
import { followChanges } from "./change-stream.ts";
import { DirectorySource } from "./directory-source.ts";
import { DefinitionsFeed } from "./feed.ts";
import { HttpSource } from "./http-source.ts";
import type { ServerProviderOptions } from "./options.ts";
import type { Source } from "./source.ts";
import { StoredCopy } from "./stored-copy.ts";

/** The feed that the options describe. It also follows the event stream if they ask for that. */
export function createFeed(options: ServerProviderOptions, onUpdate: () => void): DefinitionsFeed {
  const { url, directory, environment, cacheFile } = options;
  const isDirectory = directory !== undefined;
  const source = openSource(options);
  return new DefinitionsFeed({
    source,
    environment,
    refreshSeconds: options.refreshSeconds ?? (isDirectory ? 1 : 60),
    backsOff: !isDirectory,
    copy: cacheFile === undefined ? undefined : new StoredCopy(cacheFile, source.name),
    follow: (onChange, closing) => {
      if (url === undefined || !options.stream) return;
      void followChanges({ url, token: options.token }, onChange, closing);
    },
    onUpdate,
  });
}

function openSource(options: ServerProviderOptions): Source {
  if (options.directory !== undefined) {
    return new DirectorySource(options.directory, options.environment);
  }
  const { url, token, timeoutSeconds } = options;
  const limitMs = timeoutSeconds ? Math.min(timeoutSeconds, NEVER) * 1_000 : timeoutMs;
  return new HttpSource({ url, token, timeoutMs: limitMs });
}
