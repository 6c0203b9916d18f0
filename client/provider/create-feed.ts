import { NEVER, timeoutMs } from "../core/limits.ts";
import { followStream } from "../extras/follow-stream.ts";
import { directorySource } from "./directory-source.ts";
import { DefinitionsFeed } from "./feed.ts";
import { httpSource } from "./http-source.ts";
import type { ServerProviderOptions } from "./options.ts";
import type { DefinitionsSource } from "./source.ts";
import { StoredCopy } from "./stored-copy.ts";

/** The feed that the options describe. It also follows the event stream if they ask for that. */
export function createFeed(options: ServerProviderOptions, onUpdate: () => void): DefinitionsFeed {
  const { directory, environment, cacheFile } = options;
  const isDirectory = directory !== undefined;
  const source = openSource(options);
  return new DefinitionsFeed({
    source,
    environment,
    refreshSeconds: options.refreshSeconds ?? (isDirectory ? 1 : 60),
    backsOff: !isDirectory,
    copy: cacheFile === undefined ? undefined : new StoredCopy(cacheFile, source.name),
    follow(onChange, closing) {
      if (options.url === undefined || !options.stream) return;
      // The event stream is at the URL of the list, beside the definitions.
      const url = options.url.replace(/(?:private\/)?definitions\.json(?=\?|$)/, "feature-flags/");
      const request = { url, token: options.token, lastId: "" };
      const onEvent = ({ id = request.lastId }) => {
        // A stream that is opened again may begin with the last event.
        if (id !== request.lastId) onChange();
      };
      void followStream(request, onEvent, closing);
    },
    onUpdate,
  });
}

const noSource =
  'Cannot read flags: there is no url and no directory. Pass one: new BuntingServerProvider({ url: "https://cdn.example.com/v1/definitions.json" })';

function openSource(options: ServerProviderOptions): DefinitionsSource {
  if (options.directory !== undefined) {
    return directorySource(options.directory, options.environment);
  }
  const { url, token, timeoutSeconds } = options;
  if (!url) return { name: "", read: () => Promise.reject(new Error(noSource)) };
  const limitMs = timeoutSeconds ? Math.min(timeoutSeconds, NEVER) * 1_000 : timeoutMs;
  return httpSource({ url, token, timeoutMs: limitMs });
}
