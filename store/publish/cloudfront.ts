import { randomUUID } from "node:crypto";
import { CloudFrontClient, CreateInvalidationCommand } from "@aws-sdk/client-cloudfront";

/** CloudFront takes this many paths at once (its quota for invalidations in progress). */
const batch = 3_000;

/** How long CloudFront may take before it is asked again, in milliseconds. */
const patience = 15_000;

/** Asks CloudFront to forget these paths, and no others. */
export async function invalidate(
  distribution: string,
  commit: string,
  paths: readonly string[],
): Promise<void> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const client = new CloudFrontClient({
    region: "us-east-1",
    maxAttempts: 5,
    requestHandler: { requestTimeout: patience, throwOnRequestTimeout: true },
  });
  try {
    for (let start = 0; start < paths.length; start += batch) {
      const items = paths.slice(start, start + batch);
      // A request that is sent again asks for the same thing; the same paths another day do not.
      const reference = `${commit}-${randomUUID()}`;
      const command = new CreateInvalidationCommand({
        DistributionId: distribution,
        InvalidationBatch: {
          CallerReference: reference,
          Paths: { Quantity: items.length, Items: items },
        },
      });
      await client.send(command);
    }
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    throw new Error(`Cannot invalidate "${distribution}": ${name}: ${message}`, { cause: error });
  } finally {
    client.destroy();
  }
}
