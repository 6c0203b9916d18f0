import { environmentOf, isDefinitions } from "./definitions-shape.ts";
import { download } from "./download.ts";
import type { Copy, Options } from "./types.ts";

/** Fetches the definitions, which are beside the list. Never rejects. */
export function downloadDefinitions(
  options: Options,
  closing: AbortSignal,
): Promise<Partial<Copy>> {
  const url = options.url?.replace(/feature-flags\/?(?=\?|$)/, "definitions.json");
  return download({ ...options, url }, closing, (body) => {
    const isValid = isDefinitions(body) && isOf(body, options.environment);
    return isValid ? { definitions: body } : { failure: "malformed" };
  });
}

function isOf(definitions: object, environment: string | undefined): boolean {
  return !environment || environmentOf(definitions) === environment;
}
