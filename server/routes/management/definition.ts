/** `GET` and `PUT …/definition`: a whole flag, for all environments. */
import { LRUCache } from "lru-cache";
import type { Principal } from "../../../schema/access/tokens.ts";
import { privateCacheControl } from "../../../schema/compile/outputs.ts";
import { findFlag, type TimedFlag } from "../../../schema/flag/snapshot.ts";
import type { FlagStore } from "../../../store/writes/flag-store.ts";
import { requirePermission } from "../../auth/permissions.ts";
import { ConcurrencyLimit } from "../../http/concurrency-limit.ts";
import { allowsWrite } from "../../http/conditions.ts";
import { nameIn } from "../../http/flag-name.ts";
import { type ApiResponse, type Handler, principalOf } from "../../http/handler.ts";
import { HttpError, notReady } from "../../http/problem.ts";
import { sendTagged } from "../../http/send.ts";
import { flagAfter, submit } from "../writes/submit.ts";
import type { WriteBackends } from "../writes/write-backends.ts";
import { preferredForm, readDefinition, represent } from "./representation.ts";

/** Reading a text starts a git process. */
const limits = { total: 4, perOwner: 2, waitingPerOwner: 100 };
/** Maximum number of cached texts, and of their characters. */
const cache = { max: 1_000, maxSize: 8 * 1_024 * 1_024 };

export function definitionHandlers(backends: WriteBackends): Record<"read" | "write", Handler> {
  const { store } = backends;
  const texts = cachedTexts(store);
  const textOf = ({ object }: TimedFlag, { id }: Principal) =>
    texts.forceFetch(object, { context: id });
  return {
    async read(request, response) {
      const principal = principalOf(response);
      const form = preferredForm(request, "json");
      const name = nameIn(request);
      const { snapshot } = store.current ?? {};
      if (!snapshot) throw notReady();
      // A definition shows how a flag is decided in every environment.
      for (const environment of snapshot.project.environments)
        requirePermission(principal, "read", environment);
      const flag = findFlag(snapshot.flags, name);
      if (!flag) throw new HttpError(404, `Cannot find the flag "${name}"`);
      if (flag.private && principal.role === "reader") {
        const detail = `Cannot read the definition of "${name}" as reader: the flag is private, which takes the role editor`;
        throw new HttpError(403, detail);
      }
      const { etag, contentType, body } = represent(form, await textOf(flag, principal));
      setHeaders(response, flag);
      sendTagged(request, response, etag, contentType, body);
    },

    async write(request, response) {
      const principal = principalOf(response);
      const name = nameIn(request);
      const definition = readDefinition(request, store.project);
      const { "if-match": ifMatch, "if-none-match": ifNoneMatch } = request.headers;
      const mayCreate = ifNoneMatch?.trim() === "*";
      const form = preferredForm(request, definition.form);
      const change = { kind: "define", name, definition, mayCreate } as const;
      const result = await submit(backends, request, response, change, {
        environments: principal.environments,
        isExpected: (known) =>
          allowsWrite(ifMatch, ifNoneMatch, known && represent(definition.form, known.text).etag),
      });
      if (!result) return;
      const flag = await flagAfter(store, name, result);
      const { etag, contentType, body } = represent(form, await textOf(flag, principal));
      setHeaders(response, flag);
      response.setHeader("ETag", etag);
      response.setHeader("Content-Type", contentType);
      // Without a flag of that name, `If-None-Match: *` creates one; otherwise the request has failed.
      if (mayCreate) response.setHeader("Location", request.path);
      response.status(mayCreate ? 201 : 200).end(body);
    },
  };
}

function setHeaders(response: ApiResponse, { updated_at }: TimedFlag): void {
  response.setHeader("Cache-Control", privateCacheControl);
  response.setHeader("Last-Modified", new Date(updated_at).toUTCString());
  response.vary("Accept");
}

/** The texts of flags by their object's id, read in the name of a principal. */
function cachedTexts(store: FlagStore) {
  const concurrency = new ConcurrencyLimit(limits);
  return new LRUCache<string, string, string>({
    ...cache,
    sizeCalculation: (text) => Math.max(1, text.length),
    ignoreFetchAbort: true,
    fetchMethod: (object, _stale, { context: owner }) =>
      concurrency.run(owner, () => store.textOf(object)),
  });
}
