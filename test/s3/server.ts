import { S3Client, type S3ClientConfig } from "@aws-sdk/client-s3";
import type { Credentials } from "./double/signature.ts";

/** An S3 that a test has started, and must close. */
export interface S3Server extends AsyncDisposable {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
  close(): Promise<void>;
}

/** A client that tries once, so that a test sees each answer. */
export function s3Client(server: S3Server, config: S3ClientConfig = {}): S3Client {
  const { endpoint, region, credentials } = server;
  return new S3Client({
    endpoint,
    region,
    credentials,
    forcePathStyle: true,
    maxAttempts: 1,
    ...config,
  });
}
