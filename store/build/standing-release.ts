/** A release that a build wrote, as it stands in a directory: what it says of its flags. */
import { readFileSync } from "node:fs";
import { pathOf, type States } from "../../schema/compile/compile.ts";
import { errorResponses } from "../../schema/compile/error-responses.ts";
import { ManifestLines, manifestHead, manifestLine } from "../../schema/compile/manifest-text.ts";
import type { Base } from "../../schema/compile/patch.ts";
import { respond } from "../../schema/compile/release.ts";
import { application, environments } from "../../schema/project/project.ts";
import type { KnownFlags } from "../snapshot/changed-flags.ts";
import { fileOf } from "./release-files.ts";
import { alike, holdsNames, sealedAt } from "./seal.ts";
import { TouchedFiles } from "./touched.ts";

export interface StandingRelease extends Base, KnownFlags {
  /** The flags whose files anybody touched since. */
  readonly touched: Promise<ReadonlySet<string>>;
}

/** Of a manifest, in bytes: fewer files are looked at in less time than a thread takes to start. */
const worthThread = 500_000;

/**
 * The release in `directory`, of which a build is known to have written `manifest`. Nothing where
 * anybody added, moved or removed anything since, or changed anything but flags.
 */
export async function readStanding(
  directory: string,
  manifest: string,
): Promise<StandingRelease | undefined> {
  const lines = new ManifestLines(manifest);
  /** Believed only with the very bytes of the manifest. */
  const read = (path: string) => {
    const body = readFileSync(`${directory}/${fileOf(path)}`, "utf8");
    const isOurs = lines.get(path) === manifestLine(respond(path, body));
    return isOurs ? JSON.parse(body) : undefined;
  };
  const time = sealedAt(directory);
  if (!holdsNames(directory, time)) return undefined;
  const files = new TouchedFiles(directory, time, manifest.length >= worthThread);
  const bodies = environments.map((environment) => read(pathOf(environment)));
  if (![...bodies, ...errorResponses.map(({ path }) => read(path))].every((body) => body)) {
    files.end();
    return undefined;
  }

  const lists = new Map<string, States>(
    bodies.map(({ environment, flags }) => [environment, flags]),
  );
  const names = lists.get(application) ?? {};
  return {
    ...manifestHead(manifest),
    updated_at: bodies[0].updated_at,
    manifest,
    lists,
    touched: files.find(alike(lists)),
    has: (name) => Object.hasOwn(names, name),
    find: (name) => read(pathOf(application, name)),
  };
}
