import type { Definitions } from "../../schema/evaluate/definition.ts";
import { attempt } from "../core/attempt.ts";
import { download } from "../core/download.ts";
import type { Copy, Options } from "../core/types.ts";

/** Fetches the definitions, which are beside the list. Never rejects. */
export function downloadDefinitions(
  options: Options,
  closing: AbortSignal,
): Promise<Partial<Copy>> {
  const url = options.url?.replace(/feature-flags\/?(?=\?|$)/, "definitions.json");
  return download({ ...options, url }, closing, (body) =>
    isDefinitions(body, options.environment) ? { definitions: body } : { failure: "malformed" },
  );
}

/** The evaluator accepts everything else that a definition may contain. */
function isDefinitions(body: unknown, environment: string | undefined): body is Definitions {
  const found = body as Definitions & { environment: string };
  return !!attempt(
    () =>
      (!environment || environment === found.environment) &&
      Object.values(found.flags).every((definition) => "enabled" in definition),
  );
}
