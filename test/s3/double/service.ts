import { type Answer, refuse } from "./answer.ts";
import { deleteObjects, listObjects } from "./bucket.ts";
import { checkIntegrity } from "./integrity.ts";
import type { Objects } from "./object.ts";
import { deleteObject, getObject, putObject } from "./objects.ts";
import type { S3Request } from "./request.ts";
import type { Verify } from "./signature.ts";

export interface Bucket {
  readonly name: string;
  readonly objects: Objects;
  readonly verify: Verify;
  readonly pageSize: number;
  readonly publicRead: boolean;
  readonly publicList: boolean;
  readonly refusesQuotedEtags: boolean;
  readonly ignoresConditionOnDelete: boolean;
}

/** The response of S3 without a fault. */
export async function answerTo(request: S3Request, bucket: Bucket): Promise<Answer> {
  if (request.operation === "NotImplemented") return refuse("NotImplemented", request.key);
  const anonymous = request.headers.authorization === undefined;
  const refusal = anonymous
    ? refuseAnonymous(request, bucket)
    : ((await bucket.verify(request)) ?? checkIntegrity(request));
  if (refusal) return refuse(refusal, request.key);
  // No `await` from here on: a condition and its write must be one step.
  return perform(request, bucket, !anonymous || bucket.publicList);
}

function refuseAnonymous({ operation }: S3Request, { publicRead, publicList }: Bucket) {
  const reads = operation === "GetObject" || operation === "HeadObject";
  const allowed = (reads && publicRead) || (operation === "ListObjectsV2" && publicList);
  return allowed ? undefined : "AccessDenied";
}

function perform(request: S3Request, bucket: Bucket, mayList: boolean): Answer {
  const { operation, key } = request;
  const { objects } = bucket;
  if (request.bucket !== bucket.name) return refuse("NoSuchBucket", key);
  const condition = request.headers["if-match"];
  if (bucket.refusesQuotedEtags && operation === "PutObject" && condition?.includes('"')) {
    return refuse("PreconditionFailed", key);
  }
  if (operation === "PutObject") return putObject(objects, request);
  if (operation === "DeleteObject") {
    const { "if-match": _, ...others } = request.headers;
    return deleteObject(
      objects,
      bucket.ignoresConditionOnDelete ? { ...request, headers: others } : request,
    );
  }
  if (operation === "DeleteObjects") return deleteObjects(objects, request);
  if (operation === "ListObjectsV2") return listObjects(objects, request, bucket.pageSize);
  if (operation === "HeadBucket") return { status: 200 };
  return getObject(objects, request, mayList);
}
