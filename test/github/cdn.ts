/** A CDN in this process. A test decides what each URL answers. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { compile } from "../../schema/compile/compile.ts";
import { formatManifest } from "../../schema/compile/manifest.ts";
import { respond } from "../../schema/compile/release.ts";
import { contentTypeOf } from "../../schema/compile/urls.ts";
import { Repository } from "../../store/snapshot/repository.ts";
import { cleanUpAfterFile } from "../setup/test-file.ts";

export interface TestCdn {
  readonly url: string;
  /** Bodies by path. */
  readonly bodies: Map<string, string>;
  /** `STATUS PATH`, in the order in which they were answered. */
  readonly answers: string[];
  /** Called before each answer. */
  before: (path: string) => void;
  /** Changes the status and the headers of an answer. */
  edit: (answer: CdnAnswer) => CdnAnswer;
}

export interface CdnAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

export async function startCdn(bodies: ReadonlyMap<string, string>): Promise<TestCdn> {
  const cdn = {
    url: "",
    bodies: new Map(bodies),
    answers: [] as string[],
    before: (_: string) => {},
    edit: (answer: CdnAnswer) => answer,
  };
  const server = createServer((request, response) => {
    const path = request.url ?? "/";
    cdn.before(path);
    const body = cdn.bodies.get(path);
    const tag = `"${respond(path, body ?? "").md5}"`;
    const isKnown = body !== undefined && request.headers["if-none-match"] === tag;
    const { status, headers } = cdn.edit({
      status: body === undefined ? 404 : isKnown ? 304 : 200,
      headers: {
        etag: tag,
        "content-type": contentTypeOf(path),
        "cache-control": "public, max-age=1",
      },
    });
    cdn.answers.push(`${status} ${path}`);
    response.writeHead(status, headers);
    response.end(status === 200 ? body : undefined);
  });
  cleanUpAfterFile(() => server.close().closeAllConnections());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cdn.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return cdn;
}

/** All bodies that publishing a commit writes, by path. */
export async function releaseOf(
  directory: string,
  revision: string,
  published: Parameters<typeof formatManifest>[1] = {},
): Promise<Map<string, string>> {
  const repository = await Repository.open(directory);
  const { snapshot } = await repository.read(await repository.resolve(revision), "2026-11-26");
  if (!snapshot) throw new Error(`Cannot compile ${revision}`);
  const release = compile(snapshot);
  const bodies = release.responses.map(({ path, body }) => [path, body] as const);
  return new Map([...bodies, ["/manifest.json", formatManifest(release, published)]]);
}
