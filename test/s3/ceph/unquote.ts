import type { S3Client } from "@aws-sdk/client-s3";

/**
 * Ceph answers 412 to an `If-Match` whose ETag stands between quotes, as RFC 9110 wants it and as
 * AWS takes it, so a client of Ceph has to leave them out.
 */
export function unquoteIfMatch(client: S3Client): void {
  client.middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string | undefined> };
      const condition = headers["if-match"];
      if (condition !== undefined) headers["if-match"] = condition.replaceAll('"', "");
      return next(args);
    },
    { step: "build", name: "unquoteIfMatch" },
  );
}
