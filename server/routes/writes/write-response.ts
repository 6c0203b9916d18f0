import type { Response } from "express";
import { compileFlagResponse } from "../../../schema/compile/flag-parts.ts";
import { etag } from "../../../schema/compile/release.ts";
import { contentTypeOf } from "../../../schema/compile/urls.ts";
import type { FlagStore } from "../../../store/writes/flag-store.ts";
import type { WriteResult } from "../../../store/writes/write.ts";
import { HttpError } from "../../http/problem.ts";

/** Answers a write with the flag of its commit. */
export async function writeResponse(
  store: FlagStore,
  response: Response,
  status: number,
  environment: string,
  name: string,
  { commit, ...result }: Extract<WriteResult, { commit: string }>,
): Promise<void> {
  const flag = result.flag ?? (await store.flagAt(commit, name));
  if (!flag) throw new HttpError(404, `Cannot find the flag "${name}" at ${commit}`);
  const compiled = compileFlagResponse(store.project, environment, flag);
  response.setHeader("Bunting-Commit", commit);
  response.setHeader("Cache-Control", "private, no-cache");
  response.setHeader("ETag", etag(compiled));
  response.setHeader("Content-Type", contentTypeOf(compiled.path));
  response.status(status).end(compiled.body);
}
