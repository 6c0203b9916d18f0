import { setTimeout as pause } from "node:timers/promises";
import { compile } from "../schema/compile.ts";
import { type Manifest, manifestPath, parseManifest, type Response } from "../schema/release.ts";
import type { ObjectWriter } from "./object-writer.ts";
import { newestOf } from "./permission.ts";
import type { Repository } from "./repository.ts";
import type { Target } from "./target.ts";

/** How long to wait for the newer publisher to finish, in milliseconds. */
const patience = 30_000;

/**
 * Mends what a publisher wrote before it learnt of a newer commit. The newer publisher replaces
 * nearly all of that; what it found right already, and left alone, is put back as its manifest says.
 * Returns the paths that could not be mended: the next publisher finds and mends them.
 */
export async function reconcile(
  target: Target,
  repository: Repository,
  writer: ObjectWriter,
  before: string | undefined,
): Promise<string[]> {
  if (writer.written.size === 0) return [];
  const manifest = await waitForNewer(target, repository, writer.commit);
  if (!manifest) return [...writer.written.keys()];

  const wanted = new Map(manifest.responses.map((response) => [response.path, response.md5]));
  const bodies = new Map<string, Response>();
  for (const commit of [before, manifest.commit]) {
    for (const response of await responsesOf(repository, commit)) {
      if (wanted.get(response.path) === response.md5) bodies.set(response.path, response);
    }
  }
  const left: string[] = [];
  for (const [path, etag] of writer.written) {
    const found = await target.read(path);
    const isOurs =
      found?.etag === etag && (found.metadata.commit ?? writer.commit) === writer.commit;
    if (!isOurs || wanted.get(path) === etag) continue;
    const body = bodies.get(path);
    if (body) await writer.restore(body, etag, newestOf(manifest));
    else if (wanted.has(path)) left.push(path);
    else await target.remove(path, etag);
  }
  return left;
}

/** The manifest of a commit that is not ours and not older; nothing where none comes in time. */
async function waitForNewer(
  target: Target,
  repository: Repository,
  commit: string,
): Promise<Manifest | undefined> {
  const deadline = Date.now() + patience;
  for (;;) {
    const found = await target.read(manifestPath);
    const manifest = found && parseManifest(found.body.toString("utf8"));
    const relation = manifest && (await repository.relate(newestOf(manifest), commit));
    if (manifest && relation !== "older" && relation !== "same") return manifest;
    if (Date.now() > deadline) return undefined;
    await pause(500);
  }
}

async function responsesOf(
  repository: Repository,
  commit: string | undefined,
): Promise<readonly Response[]> {
  if (commit === undefined) return [];
  const { snapshot } = await repository.read(commit, "").catch(() => ({ snapshot: undefined }));
  return snapshot ? compile(snapshot).responses : [];
}
