import type { Definitions } from "../../schema/evaluate/definition.ts";
import { attempt } from "../core/attempt.ts";
import { download } from "../core/download.ts";
import type { Copy, Options } from "../core/types.ts";

/** Fetches the definitions, which are beside the list. Never rejects. */
export function downloadDefinitions(
  options: Options,
  closing: AbortSignal,
): Promise<Partial<Copy>> {
  const { environment } = options;
  const url = options.url?.replace(/feature-flags\/?(?=\?|$)/, "definitions.json");
  return download({ ...options, url }, closing, (body) => {
    const definitions = body as Definitions & { environment: string };
    // The evaluator accepts everything else that a definition may contain.
    const isValid = attempt(
      () =>
        (!environment || environment === definitions.environment) &&
        Object.values(definitions.flags).every((definition) => "enabled" in definition),
    );
    return isValid ? { definitions } : { failure: "malformed" };
  });
}
