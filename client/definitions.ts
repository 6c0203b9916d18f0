import type { Definitions } from "../schema/evaluate/definition.ts";
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

/** The evaluator accepts everything else that a definition may contain. */
function isDefinitions(value: unknown): value is Definitions {
  const { flags } = Object(value);
  const definitions: unknown[] = Object.values(Object(flags));
  return Object(flags) === flags && definitions.every((one) => "enabled" in Object(one));
}

function isOf(definitions: object, environment: string | undefined): boolean {
  return !environment || ("environment" in definitions && definitions.environment === environment);
}
