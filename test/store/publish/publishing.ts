/** A history to publish, targets, and their objects, read without the product's code. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { compile } from "../../../schema/compile/compile.ts";
import { parseManifest } from "../../../schema/compile/manifest.ts";
import type { Release } from "../../../schema/compile/release.ts";
import { contentTypeOf, fileOf, pathOfFile } from "../../../schema/compile/urls.ts";
import type { Snapshot } from "../../../schema/flag/snapshot.ts";
import {
  type PublishOptions,
  type PublishOutcome,
  publish,
} from "../../../store/publish/publish.ts";
import { Repository } from "../../../store/snapshot/repository.ts";
import { DirectoryTarget } from "../../../store/target/directory-target.ts";
import { createClient } from "../../../store/target/s3-client.ts";
import { S3Target } from "../../../store/target/s3-target.ts";
import type { Target } from "../../../store/target/target.ts";
import {
  type BareRepository,
  bareRepository,
  type Files,
  type TestRepository,
  temporaryDirectory,
  testRepository,
} from "../../git/repository.ts";
import { type S3Double, storedObject } from "../../s3/double.ts";
import { type Memory, MemoryTarget } from "../target/memory-target.ts";

export const cacheControl = "public, max-age=30, stale-while-revalidate=300, stale-if-error=86400";

const standard: PublishOptions = {
  cacheControl,
  thorough: true,
  dryRun: false,
  verify: false,
  concurrency: 16,
  limits: { remove: 20, turn: 50, at_least: 0 },
};

/** A flag's text; `enabled` in the application, and off elsewhere. */
export function flag(enabled: boolean, description = "Enable what it says"): string {
  return `description: ${description}\nenabled: ${enabled}\n`;
}

export function fileOfFlag(name: string): string {
  return `flags/nutrition/${name}.yaml`;
}

/** A clone, and the targets that it is published to. */
export class History {
  readonly made: TestRepository;
  readonly #repository: Promise<Repository>;
  #time = 1_700_000_000;

  constructor(made = testRepository(), repository = open(made.directory)) {
    this.made = made;
    this.#repository = repository;
  }

  /** Commits these flags by name: on, off, a text, or `null` to delete it. */
  commit(flags: Readonly<Record<string, boolean | string | null>>, seconds = 60): string {
    this.#time += seconds;
    const texts = Object.entries(flags).map(([name, state]) => [
      fileOfFlag(name),
      typeof state === "boolean" ? flag(state) : state,
    ]);
    return this.change(this.#time, Object.fromEntries(texts));
  }

  /** Commits the file `bunting.yaml`. */
  commitProject(text: string): string {
    this.#time += 60;
    return this.change(this.#time, { "bunting.yaml": text });
  }

  protected change(time: number, files: Files): string {
    return this.made.change(time, files);
  }

  async snapshot(commit: string): Promise<Snapshot> {
    const { snapshot, problems } = await (await this.#repository).read(commit, "2026-01-01");
    if (!snapshot) throw new Error(`Cannot read ${commit}: ${JSON.stringify(problems)}`);
    return snapshot;
  }

  async release(commit: string): Promise<Release> {
    return compile(await this.snapshot(commit));
  }

  async publish(
    target: Target,
    commit: string,
    options: Partial<PublishOptions> = {},
  ): Promise<PublishOutcome> {
    const snapshot = await this.snapshot(commit);
    const compiled = { snapshot, release: compile(snapshot) };
    try {
      return await publish(target, await this.#repository, compiled, { ...standard, ...options });
    } finally {
      target.close();
    }
  }
}

/** Several histories in one repository, so that equal commits are made and read once. */
export class Histories {
  readonly #bare = bareRepository();
  readonly #repository = open(this.#bare.directory);
  /** Ids of commits by their parents and changes. */
  readonly #commits = new Map<string, string>();

  begin(): History {
    return new SharedHistory(this.#bare, this.#repository, this.#commits);
  }
}

class SharedHistory extends History {
  readonly #bare: BareRepository;
  readonly #commits: Map<string, string>;
  #head = "";

  constructor(bare: BareRepository, repository: Promise<Repository>, commits: Map<string, string>) {
    super(bare, repository);
    this.#bare = bare;
    this.#commits = commits;
  }

  protected override change(time: number, files: Files): string {
    const key = JSON.stringify([this.#head, time, files]);
    const commit = this.#commits.get(key) ?? this.#bare.change(time, files, this.#head);
    this.#commits.set(key, commit);
    this.#head = commit;
    return commit;
  }
}

/** A clone that caches git's output: commits do not change, and tests read them a thousand times. */
async function open(directory: string): Promise<Repository> {
  const repository = await Repository.open(directory);
  const relations = new Map<string, ReturnType<Repository["relate"]>>();
  const readings = new Map<string, ReturnType<Repository["read"]>>();
  const relate: Repository["relate"] = (one, other) => {
    const relation = relations.get(`${one} ${other}`) ?? repository.relate(one, other);
    relations.set(`${one} ${other}`, relation);
    return relation;
  };
  const read: Repository["read"] = (commit, today) => {
    const reading = readings.get(commit) ?? repository.read(commit, today);
    readings.set(commit, reading);
    return reading;
  };
  const used: Pick<Repository, "relate" | "read"> = { relate, read };
  return used as Repository;
}

/** A target for tests. Its methods act like other people, not like a publisher. */
export interface Site {
  /** As in the option `--to`. */
  readonly name: string;
  open(): Target;
  /** By path, all objects except those of `theirs()`. */
  bodies(): Map<string, string>;
  /** By path, the headers of each object; empty if the web server sends them. */
  headers(): Map<string, SiteHeaders> | undefined;
}

/** A site that tests can change by hand. */
export interface OpenSite extends Site {
  /** Puts or removes an object by hand. */
  change(path: string, body: string | undefined): void;
  /** Puts an object of another program, by its key. */
  theirs(name: string, body: string): void;
  /** The objects of `theirs()` that still exist. */
  stillTheirs(): Map<string, string>;
}

export interface SiteHeaders {
  readonly contentType: string;
  readonly cacheControl: string | undefined;
  readonly metadata: Readonly<Record<string, string>>;
}

export class DirectorySite implements OpenSite {
  readonly name: string;
  readonly #theirs = new Set<string>();

  constructor(name = path.join(temporaryDirectory(), "site")) {
    this.name = name;
  }

  open(): Target {
    return new DirectoryTarget(this.name);
  }

  bodies(): Map<string, string> {
    const ours = this.#files().filter((file) => !this.#theirs.has(file));
    return new Map(ours.map((file) => [pathOfFile(file), this.#read(file)]));
  }

  headers(): undefined {}

  change(urlPath: string, body: string | undefined): void {
    const file = path.join(this.name, fileOf(urlPath));
    mkdirSync(path.dirname(file), { recursive: true });
    if (body === undefined) rmSync(file);
    else writeFileSync(file, body);
  }

  theirs(name: string, body: string): void {
    this.#theirs.add(name);
    mkdirSync(path.dirname(path.join(this.name, name)), { recursive: true });
    writeFileSync(path.join(this.name, name), body);
  }

  stillTheirs(): Map<string, string> {
    const there = this.#files().filter((file) => this.#theirs.has(file));
    return new Map(there.map((file) => [file, this.#read(file)]));
  }

  #read(file: string): string {
    return readFileSync(path.join(this.name, file), "utf8");
  }

  #files(): string[] {
    return readdirSync(this.name, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(this.name, path.join(entry.parentPath, entry.name)));
  }
}

/** A site without a network, for tests that publish a thousand times. `now` is the clock of its listings. */
export class MemorySite implements Site {
  readonly name = "memory";
  readonly #memory: Memory = new Map();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  open(): Target {
    return new MemoryTarget(this.#memory, this.#now);
  }

  bodies(): Map<string, string> {
    return new Map([...this.#memory].map(([urlPath, { object }]) => [urlPath, object.body]));
  }

  headers(): Map<string, SiteHeaders> {
    return new Map([...this.#memory].map(([urlPath, { object }]) => [urlPath, object]));
  }
}

let sites = 0;

export class S3Site implements OpenSite {
  readonly name: string;
  readonly prefix: string;
  readonly double: S3Double;
  readonly #theirs = new Set<string>();
  readonly #config: Parameters<typeof createClient>[0];

  constructor(double: S3Double, config: Parameters<typeof createClient>[0] = {}) {
    sites += 1;
    this.prefix = `site-${sites}/`;
    this.name = `s3://flags/site-${sites}`;
    this.double = double;
    this.#config = config;
  }

  open(): Target {
    const { endpoint, region, credentials } = this.double;
    const settings = { endpoint, region, credentials, forcePathStyle: true, ...this.#config };
    return new S3Target(this.name, "flags", this.prefix, createClient(settings));
  }

  /** Copies all objects of another site, as if published at the same time. */
  fillFrom(other: S3Site): void {
    for (const [key, object] of other.#ours()) {
      this.double.objects.set(this.prefix + key.slice(other.prefix.length), object);
    }
  }

  /** The requests that change something, in the order in which they arrived: `PUT /v1/…`. */
  changes(): string[] {
    return this.double.requests
      .filter(({ method, key }) => method !== "GET" && key.startsWith(this.prefix))
      .map(({ method, key }) => `${method} ${this.#pathOf(key)}`);
  }

  bodies(): Map<string, string> {
    return new Map(this.#ours().map(([key, { body }]) => [this.#pathOf(key), body.toString()]));
  }

  headers(): Map<string, SiteHeaders> {
    return new Map(this.#ours().map(([key, object]) => [this.#pathOf(key), object]));
  }

  change(urlPath: string, body: string | undefined, headers: Partial<SiteHeaders> = {}): void {
    const key = this.prefix + urlPath.slice(1);
    const before = this.double.objects.get(key);
    if (body === undefined) this.double.objects.delete(key);
    else {
      // S3's listings know only whole seconds.
      const lastModified = new Date(Date.now() + 1_000);
      const object = storedObject(body, { ...before, metadata: {}, ...headers });
      this.double.objects.set(key, { ...object, lastModified });
    }
  }

  theirs(name: string, body: string): void {
    this.#theirs.add(this.prefix + name);
    this.double.objects.set(this.prefix + name, storedObject(body));
  }

  stillTheirs(): Map<string, string> {
    const there = [...this.double.objects].filter(([key]) => this.#theirs.has(key));
    return new Map(
      there.map(([key, { body }]) => [key.slice(this.prefix.length), body.toString()]),
    );
  }

  #ours() {
    return [...this.double.objects].filter(
      ([key]) => key.startsWith(this.prefix) && !this.#theirs.has(key),
    );
  }

  #pathOf(key: string): string {
    return `/${key.slice(this.prefix.length)}`;
  }
}

/** The differences between `site` and the release of `commit`. */
export async function findWrong(site: Site, history: History, commit: string): Promise<string[]> {
  const { responses } = await history.release(commit);
  const bodies = site.bodies();
  const manifest = parseManifest(bodies.get("/manifest.json") ?? "");
  const listed = responses.map(({ path, md5, sha256, length }) => ({ path, md5, sha256, length }));
  const isNamed =
    manifest?.commit === commit && JSON.stringify(manifest.responses) === JSON.stringify(listed);
  const wrong = responses.filter(({ path, body }) => bodies.get(path) !== body);
  const wanted = new Set(["/manifest.json", ...responses.map(({ path }) => path)]);
  return [
    ...(isNamed ? [] : ["/manifest.json"]),
    ...wrong.map(({ path }) => path),
    ...[...bodies.keys()].filter((path) => !wanted.has(path)),
    ...findWrongHeaders(site, [...wanted], responses),
  ];
}

function findWrongHeaders(
  site: Site,
  paths: readonly string[],
  responses: Release["responses"],
): string[] {
  const headers = site.headers();
  if (!headers) return [];
  const sums = new Map(responses.map(({ path, sha256 }) => [path, sha256]));
  return paths.flatMap((path) => {
    const found = headers.get(path);
    if (!found) return [];
    const wanted = path.startsWith("/errors/") ? "public, max-age=10" : cacheControl;
    const { commit = "", sha256 = "" } = found.metadata;
    const isRight =
      found.contentType === contentTypeOf(path) &&
      found.cacheControl === wanted &&
      /^[0-9a-f]{40}$/.test(commit) &&
      (sums.get(path) ?? sha256) === sha256;
    return isRight ? [] : [`headers of ${path}`];
  });
}

/** Makes a new site of each kind, by the name of the kind. `double` is called when a site of S3 is made. */
export function siteKinds(double: () => S3Double): [kind: string, newSite: () => OpenSite][] {
  return [
    ["a directory", () => new DirectorySite()],
    ["S3", () => new S3Site(double())],
  ];
}
