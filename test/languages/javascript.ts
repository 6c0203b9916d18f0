import { OpenFeature, type Provider } from "@openfeature/server-sdk";
import type { Caller } from "./contexts.ts";
import type { Answer, TypedFlag } from "./evaluator.ts";

/** The answers of a provider through OpenFeature's SDK for Node, by caller. */
export async function evaluateInNode(
  provider: Provider,
  flags: readonly TypedFlag[],
  contexts: readonly Caller[],
): Promise<Answer[][]> {
  const domain = provider.metadata.name;
  await OpenFeature.setProviderAndWait(domain, provider);
  const client = OpenFeature.getClient(domain);
  const answers: Answer[][] = [];
  for (const context of contexts) {
    const evaluations = flags.map(async ({ name, type }): Promise<Answer> => {
      const caller = context as never;
      const getDetails = {
        boolean: () => client.getBooleanDetails(name, false, caller),
        string: () => client.getStringDetails(name, "fallback", caller),
        integer: () => client.getNumberDetails(name, -1, caller),
        number: () => client.getNumberDetails(name, -1, caller),
        object: () => client.getObjectDetails(name, {}, caller),
      };
      const { value, variant, errorCode, errorMessage } = await getDetails[type]();
      return errorCode
        ? [null, null, `${errorCode}: ${errorMessage}`]
        : [value, variant ?? null, null];
    });
    answers.push(await Promise.all(evaluations));
  }
  await OpenFeature.clearProviders();
  return answers;
}
