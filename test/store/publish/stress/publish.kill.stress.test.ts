import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fileOf } from "../../../../schema/compile/urls.ts";
import { temporaryDirectory } from "../../../git/repository.ts";
import { Random } from "../../../random.ts";
import { type S3Double, startS3Double } from "../../../s3/double.ts";
import { noLimits } from "../no-limits.ts";
import { DirectorySite, findWrong, History, type OpenSite, S3Site } from "../publishing.ts";
import { PublisherProcess } from "./publisher-process.ts";

const bold = { limits: noLimits };
const names = Array.from({ length: 12 }, (_, at) => `improvement_${at}`);

const history = new History();
const old = history.commit(Object.fromEntries(names.map((name) => [name, false])));
const next = history.commit({
  ...Object.fromEntries(names.slice(0, 8).map((name) => [name, true])),
  heart_rate: true,
  improvement_11: null,
});

let double: S3Double;
beforeAll(async () => {
  double = await startS3Double({ bucket: "flags", publicRead: true, publicList: true });
});
afterAll(() => double?.close());

/** The bodies that a reader may get, by path: those of the old release and of the new one. */
async function goodBodies(): Promise<Map<string, Set<string>>> {
  const releases = await Promise.all([history.release(old), history.release(next)]);
  const good = new Map<string, Set<string>>();
  for (const { path: urlPath, body } of releases.flatMap(({ responses }) => responses)) {
    good.set(urlPath, (good.get(urlPath) ?? new Set()).add(body));
  }
  return good;
}

interface KilledPublications<Site extends OpenSite> {
  readonly kind: string;
  /** Returns a site that serves the old release. */
  newSite(): Promise<Site>;
  /** Resolves at a random moment of a publication that has just begun. */
  waitRandomly(site: Site, random: Random): Promise<void>;
  read(site: Site, urlPath: string): Promise<string | undefined>;
}

/** Kills publishers while a reader reads. After each kill, the next publication must complete the release. */
async function killPublishers<Site extends OpenSite>(
  kills: number,
  target: KilledPublications<Site>,
): Promise<void> {
  const random = new Random();
  const good = await goodBodies();
  const counts = { before: 0, between: 0, after: 0 };
  let reads = 0;
  const like = target.kind === "S3" ? "s3://flags" : temporaryDirectory();
  let waiting = new PublisherProcess(like, double);

  for (let nth = 0; nth < kills; nth++) {
    const publisher = waiting;
    waiting = new PublisherProcess(like, double);
    const site = await target.newSite();
    await publisher.ready;
    const job = { directory: history.made.directory, commit: next, to: site.name };
    const moment = target.waitRandomly(site, random);
    const { begun, ended } = publisher.start(job);
    await begun;
    const killed = Promise.race([moment, ended]).then(() => publisher.kill());

    const urlPaths = [...good.keys()];
    let isDead = false;
    const dead = killed.then(() => {
      isDead = true;
    });
    while (!isDead) {
      const urlPath = urlPaths[reads % urlPaths.length] ?? "";
      const body = await target.read(site, urlPath);
      if (body !== undefined) expect(good.get(urlPath), `${urlPath}: ${body}`).toContain(body);
      const manifest = JSON.parse((await target.read(site, "/manifest.json")) ?? "");
      expect([old, next]).toContain(manifest.commit);
      reads += 2;
    }
    await dead;

    counts[await progressOf(site)] += 1;
    await history.publish(site.open(), next, bold);
    expect(await findWrong(site, history, next), `kill ${nth}`).toEqual([]);
    expect((await history.publish(site.open(), next)).status).toBe("unchanged");
  }
  await waiting.kill();
  const { before, between, after } = counts;
  process.stderr.write(
    `kill -9, ${target.kind}: ${kills}; before the first change ${before}, between ${between}, ` +
      `after the last ${after}; ${reads} reads, all whole; SEED=${random.seed}\n`,
  );
  // If KILLS is small, all kills may miss the writes.
  if (kills > 10) expect(between).toBeGreaterThan(0);
}

async function progressOf(site: OpenSite): Promise<"before" | "between" | "after"> {
  if ((await findWrong(site, history, next)).length === 0) return "after";
  return (await findWrong(site, history, old)).length === 0 ? "before" : "between";
}

const kills = Number(process.env.KILLS ?? 25);

test(`publish() to S3 is completed by the next one after each of ${kills} kills`, async () => {
  const served = new S3Site(double);
  await history.publish(served.open(), old);
  await killPublishers<S3Site>(kills, {
    kind: "S3",
    async newSite() {
      const site = new S3Site(double);
      site.fillFrom(served);
      return site;
    },
    async waitRandomly(site, random) {
      const requests = 4 + 3 * (8 + 1) + 3 + 3 + 1;
      const wanted = 1 + random.below(requests);
      await new Promise<void>((resolve) => {
        let seen = 0;
        double.fault({
          kind: "drop",
          times: Number.POSITIVE_INFINITY,
          match({ key, headers }) {
            if (headers.authorization && key.startsWith(site.prefix)) seen += 1;
            if (seen === wanted) resolve();
            return false;
          },
        });
      });
      await pause(random.below(3));
    },
    async read(site, urlPath) {
      const url = `${double.endpoint}/flags/${site.prefix}${urlPath.slice(1)}`;
      const answer = await fetch(url);
      const body = await answer.text();
      expect([200, 404]).toContain(answer.status);
      return answer.status === 200 ? body : undefined;
    },
  });
}, 300_000);

test(`publish() to a directory is completed by the next one after each of ${kills} kills`, async () => {
  let longest = 40;
  await killPublishers<DirectorySite>(kills, {
    kind: "a directory",
    async newSite() {
      const site = new DirectorySite();
      await history.publish(site.open(), old);
      return site;
    },
    async waitRandomly(site, random) {
      const lock = path.join(site.name, ".publish.lock");
      while (!existsSync(lock)) await new Promise(setImmediate);
      const began = performance.now();
      const wanted = began + random.below(longest);
      while (existsSync(lock) && performance.now() < wanted) await new Promise(setImmediate);
      if (!existsSync(lock)) longest = performance.now() - began;
    },
    async read(site, urlPath) {
      await new Promise(setImmediate);
      const file = path.join(site.name, fileOf(urlPath));
      return existsSync(file) ? readFileSync(file, "utf8") : undefined;
    },
  });
}, 300_000);
