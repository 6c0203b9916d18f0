import express, { type Request, type RequestHandler } from "express";
import { duplicateKey } from "../../schema/text/duplicate-key.ts";
import { HttpError } from "./problem.ts";

/** The limits also hold for a body after decompression. A flag file has at most 64 KiB. */
export const maxBytes = { usual: 32_768, definition: 65_536 };

/** Reads the body as bytes, of any type: `jsonOf()` checks the type. */
export const readBody = readerOf(maxBytes.usual);
/** The same for the definition of a flag. */
export const readDefinitionBody = readerOf(maxBytes.definition);

function readerOf(limit: number): RequestHandler {
  return express.raw({ type: () => true, limit });
}

/** The body as JSON. Throws `HttpError` if its type is not one of `types`, or if it is not valid JSON without duplicate keys. */
export function jsonOf(request: Request, types = [jsonType]): unknown {
  typeOf(request, types);
  return parseJson(decodeBody(bodyOf(request)));
}

const jsonType = "application/json";

/** Whether a content type is JSON in UTF-8. */
export function isJsonType(type: string): boolean {
  return type === jsonType || plainType(type) === jsonType;
}

/** The type of the body, which is one of `types`. Throws `HttpError` 415 if it is another one, or not in UTF-8. */
export function typeOf(request: Request, types: readonly string[]): string {
  const type = request.get("Content-Type") ?? "";
  const plain = plainType(type);
  if (types.includes(plain)) return plain;
  throw new HttpError(
    415,
    `Cannot read a body of type "${type}": it must be ${types.join(" or ")} in UTF-8; send "Content-Type: ${types[0]}"`,
  );
}

/** A content type without its charset, which must be UTF-8; `""` for anything else. */
function plainType(type: string): string {
  const [, plain = ""] = /^([^\s;]+)\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.exec(type) ?? [];
  return plain.toLowerCase();
}

/** The body as bytes. Throws `HttpError` 400 if it is empty. */
export function bodyOf({ body }: Request): Buffer {
  const bytes: unknown = body;
  if (Buffer.isBuffer(bytes) && bytes.length > 0) return bytes;
  throw new HttpError(400, "Cannot read an empty body");
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** The text of a body. Throws `HttpError` 400 if it is not UTF-8. */
export function decodeBody(bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw new HttpError(400, "Cannot read the body: it is not valid UTF-8");
  }
}

/** The value of a JSON text. Throws `HttpError` 400 if it is invalid, or has a key twice. */
export function parseJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const [position] = /(?<=at position )\d+/.exec((error as Error).message) ?? [];
    const where = position === undefined ? "" : ` at character ${Number(position) + 1}`;
    throw new HttpError(400, `Cannot read the body: it is not valid JSON${where}`);
  }
  const twice = duplicateKey(text);
  if (twice === undefined) return value;
  const key = twice.slice(0, 100);
  throw new HttpError(400, `Cannot read the body: the key "${key}" is there twice`);
}
