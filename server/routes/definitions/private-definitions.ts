import { isNotModified } from "../../http/conditions.ts";
import type { Handler } from "../../http/handler.ts";
import type { Evaluations } from "../ofrep/evaluations.ts";
import { notReady } from "../reads/reads.ts";

export const privateDefinitionsPath = "/v1/private/definitions.json";

/** `definitions.json` with private flags: for servers that evaluate in process. It is never published. */
export function privateDefinitionsHandler(evaluations: Evaluations): Handler {
  return (request, response) => {
    const flags = evaluations.of(String(request.params.environment ?? ""));
    if (flags === undefined) throw notReady();
    const { definitionsText: body, definitionsEtag: etag } = flags;
    response.setHeader("Cache-Control", "private, no-cache");
    response.setHeader("ETag", etag);
    if (isNotModified(request.get("If-None-Match"), etag)) {
      response.status(304).end();
      return;
    }
    response.setHeader("Content-Type", "application/json");
    response.setHeader("Content-Length", Buffer.byteLength(body));
    response.end(request.method === "HEAD" ? undefined : body);
  };
}
