import { hash } from "node:crypto";
import { CloudFrontClient, CreateInvalidationCommand } from "@aws-sdk/client-cloudfront";

/** CloudFront takes this many paths at once (its quota for invalidations in progress). */
const batch = 3_000;

/** Asks CloudFront to forget these paths, and no others. The same paths of the same commit are asked for once. */
export async function invalidate(
  distribution: string,
  commit: string,
  paths: readonly string[],
): Promise<void> {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const client = new CloudFrontClient({ region: "us-east-1", maxAttempts: 5 });
  try {
    for (let start = 0; start < paths.length; start += batch) {
      const items = paths.slice(start, start + batch);
      const reference = `${commit}-${hash("sha256", items.join("\n"))}`;
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
