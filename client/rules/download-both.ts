import type { Definitions } from "../../schema/evaluate/definition.ts";
import { attempt } from "../core/attempt.ts";
import { download } from "../core/download.ts";
import type { Copy, Options } from "../core/types.ts";

/** Fetches the list, and the definitions, which are beside it. Never rejects. */
export async function downloadBoth(options: Options, closing: AbortSignal): Promise<Partial<Copy>> {
  const { environment, url } = options;
  const pendingList = download(options, closing);
  const other = await download(
    { ...options, url: url?.replace(/feature-flags\/?(?=\?|$)/, "definitions.json") },
    closing,
    (definitions: EnvironmentDefinitions) => {
      // The evaluator accepts everything else that a definition may contain.
      const isValid = attempt(
        () =>
          (!environment || environment === definitions.environment) &&
          Object.values(definitions.flags).every((definition) => "enabled" in definition),
      );
      return isValid ? { definitions } : { failure: "malformed" };
    },
  );
  const list = await pendingList;
  return { definitions: null, ...other, ...list, failure: list.failure || other.failure };
}

interface EnvironmentDefinitions extends Definitions {
  readonly environment: string;
}
