// Lets a request through only with a known token: `Authorization: Bearer TOKEN`, nowhere else.
// A CloudFront Function (cloudfront-js-2.0, which is ES 5.1 and a part of ES 6 to 12) on viewer requests.
// Its KeyValueStore holds, for each token, the lower-case hex SHA-256 as key and the holder's name as value.
// cdn.yaml carries this text in FunctionCode; a test keeps the two equal.
import cf from "cloudfront";
// biome-ignore lint/style/useNodejsImportProtocol: the edge runtime knows no "node:"
import crypto from "crypto";

const tokens = cf.kvs();

// biome-ignore lint/correctness/noUnusedVariables: the edge runtime calls it by this name
async function handler(event) {
  const request = event.request;
  // A browser's preflight never carries a token, and its answer holds no data.
  if (request.method === "OPTIONS") return request;

  const header = request.headers.authorization;
  if (!header) return unauthorized("This URL needs a token: send Authorization: Bearer TOKEN");

  // RFC 6750, section 2.1. Two headers are refused rather than one of them chosen.
  const credentials = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(header.value);
  if (header.multiValue || !credentials) {
    return unauthorized("The Authorization header is not Bearer TOKEN");
  }

  let known = false;
  try {
    known = await tokens.exists(crypto.createHash("sha256").update(credentials[1]).digest("hex"));
  } catch (_error) {
    // Fixed words: an error's own could quote the request.
    console.log("Cannot read the KeyValueStore");
    const headers = { "retry-after": { value: "5" } };
    return problem(503, "Service Unavailable", "The token cannot be checked now", headers);
  }
  if (known !== true) return unauthorized("The token is not known here", "invalid_token");
  return request;
}

function unauthorized(detail, error) {
  const realm = 'Bearer realm="feature-flags"';
  const challenge = error ? `${realm}, error="${error}"` : realm;
  return problem(401, "Unauthorized", detail, { "www-authenticate": { value: challenge } });
}

function problem(status, title, detail, headers) {
  headers["content-type"] = { value: "application/problem+json" };
  headers["cache-control"] = { value: "no-store" };
  // So that a script in a browser can read the status.
  headers["access-control-allow-origin"] = { value: "*" };
  return {
    statusCode: status,
    statusDescription: title,
    headers: headers,
    body: JSON.stringify({ type: "about:blank", title: title, status: status, detail: detail }),
  };
}
