/** The AWS SDK's client, and its errors with what failed, on what, and the fix. */
import { S3Client, type S3ClientConfig, S3ServiceException } from "@aws-sdk/client-s3";
import { describeAwsError } from "../network/aws-error.ts";
import { withOutgoingAgents } from "../network/outgoing.ts";

/** How often the SDK sends a request before it gives up. */
export const maxAttempts = 5;

/** Time without data from S3 after which a request is sent again. */
const timeoutMs = 15_000;

/** The SDK finds credentials, region (environment or profile) and `AWS_ENDPOINT_URL_S3` itself. */
export function createClient(config: S3ClientConfig = {}): S3Client {
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const client = new S3Client({
    region: findRegion,
    // Other servers than AWS's accept the bucket's name only in the path.
    forcePathStyle: (process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL) !== undefined,
    maxAttempts,
    requestHandler: withOutgoingAgents({
      connectionTimeout: 5_000,
      // Limits the time to the first byte of a response, and between two chunks of it.
      requestTimeout: timeoutMs,
      socketTimeout: timeoutMs,
      throwOnRequestTimeout: true,
    }),
    ...config,
  });
  // A new key or role takes a while to reach all parts of S3.
  client.middlewareStack.add(
    (next) => async (args) => {
      try {
        return await next(args);
      } catch (error) {
        throw statusOf(error) === 403 ? Object.assign(error as Error, { $retryable: {} }) : error;
      }
    },
    { step: "deserialize", priority: "high", name: "retryForbidden" },
  );
  return client;
}

/** The region that the SDK finds. Other servers than AWS's need none, so the default is `us-east-1`. */
async function findRegion(): Promise<string> {
  const client = new S3Client({});
  try {
    return await client.config.region();
  } catch {
    return process.env.AWS_DEFAULT_REGION ?? "us-east-1";
  } finally {
    client.destroy();
  }
}

/** An error with the operation, the object, and S3's reason. */
export function toS3Error(verb: string, what: string, error: unknown): Error {
  const reason = describeAwsError(error) + hintOf(error);
  return new Error(`Cannot ${verb} ${what}: ${reason}`, { cause: error });
}

/** On a redirect, S3 names the region and the endpoint in a header and a field of the error. */
function hintOf(error: unknown): string {
  const status = statusOf(error) ?? 0;
  if (!(error instanceof S3ServiceException) || status < 300 || status > 399) return "";
  const headers = error.$response?.headers as Record<string, string> | undefined;
  const region = headers?.["x-amz-bucket-region"];
  const { Endpoint: endpoint } = error as { Endpoint?: string };
  const found = [
    ...(region ? [`the bucket's region is "${region}": set AWS_REGION=${region}`] : []),
    ...(endpoint ? [`its endpoint is "${endpoint}"`] : []),
  ];
  return found.length === 0 ? "" : ` (${found.join("; ")})`;
}

export function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

/** Whether S3 itself said that there is no such object: a proxy's 404 page says nothing about the bucket. */
export function isNoSuchKey(error: unknown): boolean {
  return statusOf(error) === 404 && (error as Error).name === "NoSuchKey";
}
