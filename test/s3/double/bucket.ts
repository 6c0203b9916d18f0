import { type Answer, errorFields, refuse, xml } from "./answer.ts";
import { unmetOnDelete } from "./condition.ts";
import type { Objects } from "./object.ts";
import type { S3Request } from "./request.ts";
import { escapeXml, unescapeXml } from "./xml.ts";

const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';
const MOST_DELETES = 1000;

/** One page, in the order of the keys' UTF-8 bytes. The continuation token is the page's last key. */
export function listObjects(objects: Objects, { query, bucket }: S3Request, page: number): Answer {
  const maxKeys = Number(query.get("max-keys") ?? page);
  if (!Number.isInteger(maxKeys) || maxKeys < 0) return refuse("InvalidArgument");
  const token = query.get("continuation-token");
  const after = token === null ? query.get("start-after") : keyOf(token);
  if (token !== null && after === null) return refuse("InvalidArgument");

  const prefix = query.get("prefix") ?? "";
  const from = after === null ? undefined : Buffer.from(after);
  const found = [...objects]
    .map(([key, object]) => ({ key, object, bytes: Buffer.from(key) }))
    .filter(({ key, bytes }) => key.startsWith(prefix) && (!from || bytes.compare(from) > 0))
    .sort((one, other) => one.bytes.compare(other.bytes));
  const shown = found.slice(0, Math.min(maxKeys, page));
  const last = shown.at(-1);
  const next = last && shown.length < found.length ? tokenOf(last.key) : undefined;

  const contents = shown.map(({ key, object: { etag, body, lastModified } }) =>
    [
      `<Contents><Key>${escapeXml(key)}</Key><LastModified>${lastModified.toISOString()}`,
      `</LastModified><ETag>${escapeXml(etag)}</ETag><Size>${body.length}</Size>`,
      "<StorageClass>STANDARD</StorageClass></Contents>",
    ].join(""),
  );
  return xml(
    200,
    [
      `<ListBucketResult ${NAMESPACE}><Name>${bucket}</Name><Prefix>${escapeXml(prefix)}</Prefix>`,
      `<KeyCount>${shown.length}</KeyCount><MaxKeys>${maxKeys}</MaxKeys>`,
      `<IsTruncated>${next !== undefined}</IsTruncated>`,
      next === undefined ? "" : `<NextContinuationToken>${next}</NextContinuationToken>`,
      ...contents,
      "</ListBucketResult>",
    ].join(""),
  );
}

export function deleteObjects(objects: Objects, { body }: S3Request): Answer {
  const document = body.toString();
  const requested = [...document.matchAll(/<Object>(.*?)<\/Object>/gs)].map(([, object = ""]) => ({
    key: element(object, "Key") ?? "",
    etag: element(object, "ETag"),
  }));
  if (requested.length === 0 || requested.length > MOST_DELETES) return refuse("MalformedXML");

  const quiet = element(document, "Quiet") === "true";
  const results = requested.map(({ key, etag }) => {
    const refusal = unmetOnDelete(etag, objects.get(key));
    if (refusal) return `<Error>${errorFields(refusal, key)}</Error>`;
    objects.delete(key);
    return quiet ? "" : `<Deleted><Key>${escapeXml(key)}</Key></Deleted>`;
  });
  return xml(200, `<DeleteResult ${NAMESPACE}>${results.join("")}</DeleteResult>`);
}

function element(document: string, name: string): string | undefined {
  const [, text] = new RegExp(`<${name}>(.*?)</${name}>`, "s").exec(document) ?? [];
  return text === undefined ? undefined : unescapeXml(text);
}

function tokenOf(key: string): string {
  return `after-${Buffer.from(key).toString("base64url")}`;
}

function keyOf(token: string): string | null {
  const [, encoded] = /^after-([\w-]+)$/.exec(token) ?? [];
  return encoded === undefined ? null : Buffer.from(encoded, "base64url").toString();
}
