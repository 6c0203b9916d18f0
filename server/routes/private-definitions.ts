import { privateCacheControl } from "../../schema/compile/outputs.ts";
import type { Handler } from "../http/handler.ts";
import { notReady } from "../http/problem.ts";
import { sendTagged } from "../http/send.ts";
import type { Evaluations } from "./ofrep/evaluations.ts";

export const privateDefinitionsPath = "/v1/private/definitions.json";

/** `definitions.json` with private flags: for servers that evaluate in process. It is never published. */
export function privateDefinitionsHandler(evaluations: Evaluations): Handler {
  return (request, response) => {
    const flags = evaluations.of(String(request.params.environment ?? ""));
    if (flags === undefined) throw notReady();
    const { text, etag } = flags.document;
    response.setHeader("Cache-Control", privateCacheControl);
    sendTagged(request, response, etag, "application/json", text);
  };
}
