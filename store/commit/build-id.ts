import { randomUUID } from "node:crypto";

/** Set by the bundler: a hash of all sources and of the lock file. */
declare const BUNTING_BUILD_ID: string | undefined;

/**
 * Identifies the build of this program. Run from its sources, which may change between two runs, the
 * program has another id in each process.
 */
export const buildId: string =
  typeof BUNTING_BUILD_ID === "string" ? `${BUNTING_BUILD_ID} ${process.version}` : randomUUID();
