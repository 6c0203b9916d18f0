import express, { type Request, type RequestHandler } from "express";
import { duplicateKey } from "../../schema/text/duplicate-key.ts";
import { HttpError } from "./problem.ts";

/** The limit also holds for a body after decompression. */
const maxBytes = 32_768;

/** Reads the body as bytes, whatever its type: `jsonOf()` checks the type. */
export const readBody: RequestHandler = express.raw({ type: () => true, limit: maxBytes });

/** The body as JSON. Throws `HttpError` if its type is not one of `types`, or if it is not valid JSON without duplicate keys. */
export function jsonOf(request: Request, types = ["application/json"]): unknown {
  const type = request.get("Content-Type") ?? "";
  const [, plain = ""] = /^([^\s;]+)\s*(?:;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.exec(type) ?? [];
  if (!types.includes(plain.toLowerCase())) {
    throw new HttpError(
      415,
      `Cannot read a body of type "${type}": it must be ${types.join(" or ")} in UTF-8`,
    );
  }
  const bytes: unknown = request.body;
  if (!Buffer.isBuffer(bytes) || bytes.length === 0)
    throw new HttpError(400, "Cannot read an empty body");
  const text = decode(bytes);
  const value = parse(text);
  const twice = duplicateKey(text);
  if (twice !== undefined) {
    throw new HttpError(
      400,
      `Cannot read the body: the key "${twice.slice(0, 100)}" is there twice`,
    );
  }
  return value;
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new HttpError(400, "Cannot read the body: it is not valid UTF-8");
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new HttpError(400, "Cannot read the body: it is not valid JSON");
  }
}
