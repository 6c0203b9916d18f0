import { escapeXml } from "./xml.ts";

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const ERRORS = {
  AccessDenied: [403, "Access Denied"],
  AuthorizationHeaderMalformed: [400, "The authorization header that you provided is not valid"],
  BadDigest: [400, "The CRC32 you specified did not match the calculated checksum"],
  ConditionalRequestConflict: [409, "A conflicting operation occurred during the request"],
  InternalError: [500, "We encountered an internal error. Please try again"],
  InvalidAccessKeyId: [403, "The AWS access key ID you provided does not exist in our records"],
  InvalidArgument: [400, "Invalid Argument"],
  InvalidURI: [400, "Couldn't parse the specified URI"],
  MalformedXML: [400, "The XML you provided was not well-formed"],
  NoSuchBucket: [404, "The specified bucket does not exist"],
  NoSuchKey: [404, "The specified key does not exist"],
  NotImplemented: [501, "The request implies functionality that is not implemented"],
  PreconditionFailed: [412, "At least one of the pre-conditions you specified did not hold"],
  RequestTimeTooSkewed: [403, "The difference between the request time and now is too large"],
  SignatureDoesNotMatch: [403, "The request signature we calculated does not match yours"],
  SlowDown: [503, "Please reduce your request rate"],
  XAmzContentSHA256Mismatch: [400, "The x-amz-content-sha256 does not match the body"],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type ErrorCode = keyof typeof ERRORS;

/** The error in S3's format, which the SDK turns into an `Error` with the code as its name. */
export function refuse(code: ErrorCode, key = ""): Answer {
  const [status] = ERRORS[code];
  return xml(status, `<Error>${errorFields(code, key)}<RequestId>double</RequestId></Error>`);
}

export function errorFields(code: ErrorCode, key: string): string {
  const [, message] = ERRORS[code];
  return `<Code>${code}</Code><Message>${message}</Message><Key>${escapeXml(key)}</Key>`;
}

export function xml(status: number, document: string): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n${document}`;
  return { status, headers: { "content-type": "application/xml" }, body };
}
