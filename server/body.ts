import express, { type Request, type RequestHandler } from "express";
import { parseAny } from "../schema/source.ts";
import { HttpError } from "./problem.ts";

/** In bytes, also of what was compressed. */
const limit = 32_768;

/** Reads the body as bytes, whatever it says it is: `jsonOf` decides what to make of it. */
export const readBody: RequestHandler = express.raw({ type: () => true, limit });

/** The body as JSON. Throws `HttpError` where it is not, or not clearly. */
export function jsonOf(request: Request): unknown {
  const type = request.get("Content-Type") ?? "";
  if (!/^application\/json\s*(;\s*charset\s*=\s*"?utf-8"?\s*)?$/i.test(type)) {
    throw new HttpError(
      415,
      `Cannot read a body of type "${type}": it must be application/json in UTF-8`,
    );
  }
  const bytes: unknown = request.body;
  if (!Buffer.isBuffer(bytes) || bytes.length === 0)
    throw new HttpError(400, "Cannot read an empty body");
  const text = decode(bytes);
  const value = parse(text);
  // JSON lets the last of two equal keys win in silence. As YAML, of which JSON is a part, both are found.
  const [finding] = parseAny(text).findings;
  if (finding) throw new HttpError(400, `Cannot read the body: ${finding.message}`);
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
