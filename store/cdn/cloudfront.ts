import { randomUUID } from "node:crypto";
import { CloudFrontClient, CreateInvalidationCommand } from "@aws-sdk/client-cloudfront";
import { describeAwsError } from "../network/aws-error.ts";
import { withOutgoingAgents } from "../network/outgoing.ts";

/**
 * CloudFront accepts 3,000 paths and 15 wildcards of invalidations that are in progress. Fewer paths
 * than a third leave room for publications that follow at once; a wildcard costs as one path.
 */
const maxPaths = 1_000;
const maxWildcards = 15;

/** Time without data from CloudFront after which a request is sent again. */
const timeoutMs = 15_000;

/** What to invalidate for changed paths: the paths, or the folders that they are in if there are many. */
export function invalidationPaths(paths: readonly string[]): string[] {
  const wildcards = paths.filter((path) => path.endsWith("*")).length;
  if (paths.length <= maxPaths && wildcards <= maxWildcards) return [...paths];
  const folders = new Set(paths.map((path) => path.slice(0, path.lastIndexOf("/") + 1)));
  return folders.size <= maxWildcards ? [...folders].map((folder) => `${folder}*`) : ["/*"];
}

/** Invalidates these paths in CloudFront's caches. Returns the paths that were sent. */
export async function invalidate(
  distribution: string,
  commit: string,
  paths: readonly string[],
): Promise<readonly string[]> {
  const items = invalidationPaths(paths);
  if (items.length === 0) return items;
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const client = new CloudFrontClient({
    region: "us-east-1",
    maxAttempts: 5,
    requestHandler: withOutgoingAgents({
      requestTimeout: timeoutMs,
      throwOnRequestTimeout: true,
    }),
  });
  const command = new CreateInvalidationCommand({
    DistributionId: distribution,
    InvalidationBatch: {
      // The same reference for a request that the SDK repeats, another one for the same paths later.
      CallerReference: `${commit}-${randomUUID()}`,
      Paths: { Quantity: items.length, Items: items },
    },
  });
  try {
    await client.send(command);
    return items;
  } catch (error) {
    const reason = describeAwsError(error);
    throw new Error(`Cannot invalidate "${distribution}": ${reason}`, { cause: error });
  } finally {
    client.destroy();
  }
}
