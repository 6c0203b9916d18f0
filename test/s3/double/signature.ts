import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import type { ErrorCode } from "./answer.ts";
import type { S3Request } from "./request.ts";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** @returns why S3 would refuse the received request; `undefined` if it would not */
export type Verify = (request: S3Request) => Promise<ErrorCode | undefined>;

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, *SignedHeaders=([^,]+), *Signature=[0-9a-f]{64}$/;
const DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;
const LARGEST_SKEW_MS = 15 * 60 * 1000;

/** Signs the received request with AWS's own signer, and compares the signatures. */
export function signatureVerifier(credentials: Credentials, region: string): Verify {
  const signer = new SignatureV4({
    credentials,
    region,
    service: "s3",
    sha256: Sha256,
    uriEscapePath: false,
    applyChecksum: false,
  });

  return async ({ method, path, query, headers }) => {
    const { authorization = "", "x-amz-date": date = "" } = headers;
    const [, accessKeyId, day = "", scopeRegion, signedHeaders = ""] =
      AUTHORIZATION.exec(authorization) ?? [];
    if (accessKeyId === undefined || scopeRegion !== region) return "AuthorizationHeaderMalformed";
    if (accessKeyId !== credentials.accessKeyId) return "InvalidAccessKeyId";

    const signingDate = new Date(date.replace(DATE, "$1-$2-$3T$4:$5:$6Z"));
    if (Number.isNaN(signingDate.getTime()) || !date.startsWith(day)) return "AccessDenied";
    if (Math.abs(Date.now() - signingDate.getTime()) > LARGEST_SKEW_MS) {
      return "RequestTimeTooSkewed";
    }

    const signed = new Set(signedHeaders.split(";"));
    const unsigned = Object.keys(headers).filter((name) => !signed.has(name));
    if (unsigned.some((name) => /^(host$|x-amz-)/.test(name))) return "AccessDenied";

    const received = {
      method,
      protocol: "http:",
      hostname: "",
      path,
      query: Object.fromEntries([...query.keys()].map((name) => [name, query.getAll(name)])),
      headers: Object.fromEntries(Object.entries(headers).filter(([name]) => signed.has(name))),
    };
    const expected = await signer.sign(received, { signingDate, signableHeaders: signed });
    const same = withoutSpaces(expected.headers.authorization) === withoutSpaces(authorization);
    return same ? undefined : "SignatureDoesNotMatch";
  };
}

function withoutSpaces(header = ""): string {
  return header.replaceAll(" ", "");
}
