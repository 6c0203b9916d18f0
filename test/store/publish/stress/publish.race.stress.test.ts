import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../../random.ts";
import { type S3Double, startS3Double } from "../../../s3/double.ts";
import { noLimits } from "../no-limits.ts";
import { DirectorySite, findWrong, History, S3Site, type Site } from "../publishing.ts";
import { PublisherProcess } from "./publisher-process.ts";

const lanes = 2;
const bold = { limits: noLimits };
const first = { meal_planning: true, food_search: false, data_export: true };
const second = { food_search: true, heart_rate: true, data_export: null };

/** Two commits that are published at once, while an earlier one is served. */
interface Course {
  readonly history: History;
  readonly served: string;
  readonly older: string;
  readonly newer: string;
  /** A clone without the newer commit. */
  readonly behind: string;
}

function plot(newest: Readonly<Record<string, boolean | null>>, seconds: number): Course {
  const history = new History();
  const served = history.commit(first, seconds);
  const older = history.commit(second, seconds);
  const behind = history.made.clone("--no-checkout").directory;
  return { history, served, older, newer: history.commit(newest, seconds), behind };
}

const courses: readonly Course[] = [
  plot({ meal_planning: false, step_count: true, heart_rate: null }, 60),
  // A change is reverted within a second: ETags cannot distinguish the first state from the last.
  plot({ ...first, heart_rate: null }, 0),
];

let double: S3Double;
let sites: readonly S3Site[];
beforeAll(async () => {
  double = await startS3Double({ bucket: "flags" });
  const publishing = courses.map(async ({ history, served }) => {
    const site = new S3Site(double);
    await history.publish(site.open(), served);
    return site;
  });
  sites = await Promise.all(publishing);
});
afterAll(() => double?.close());

/** Delays the requests to a site, most of them for a short time. */
function slowDown(site: S3Site, random: Random): void {
  const match = ({ key, query }: { key: string; query: URLSearchParams }) =>
    (key || query.get("prefix") || "").startsWith(site.prefix);
  for (let request = 0; request < 60; request++) {
    const delay = random.below(8) === 0 ? random.below(150) : random.below(20);
    double.fault({ kind: { delay }, match });
  }
}

async function newS3Site(at: number, random: Random): Promise<Site> {
  const site = new S3Site(double);
  const template = sites[at];
  if (template) site.fillFrom(template);
  slowDown(site, random);
  return site;
}

async function newDirectory(at: number): Promise<Site> {
  const site = new DirectorySite();
  const course = courses[at];
  if (course) await course.history.publish(site.open(), course.served);
  return site;
}

test.each([
  ["S3", 50, newS3Site],
  ["a directory", 10, newDirectory],
])(
  "publish() to %s ends on the newer of two commits in %i races of processes",
  async (...args) => {
    const [kind, races, newSite] = args;
    const random = new Random();
    const tally = { right: 0, refused: 0 };
    let next = 0;
    const lane = async () => {
      const slow = new PublisherProcess("s3://flags", double);
      const fast = new PublisherProcess("s3://flags", double);
      await Promise.all([slow.ready, fast.ready]);
      while (next < races) {
        const nth = next++;
        const site = await newSite(nth % courses.length, random);
        const { right, refused } = await race(nth, site, slow, fast, random);
        tally.right += right ? 1 : 0;
        tally.refused += refused ? 1 : 0;
      }
      await Promise.all([slow.kill(), fast.kill()]);
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    const { right, refused } = tally;
    process.stderr.write(
      `races to ${kind}: ${races}, right at once ${right}, the older refused ${refused}; SEED=${random.seed}\n`,
    );
    expect(right).toBe(races);
  },
  300_000,
);

async function race(
  nth: number,
  site: Site,
  slow: PublisherProcess,
  fast: PublisherProcess,
  random: Random,
): Promise<{ right: boolean; refused: boolean }> {
  const course = courses[nth % courses.length];
  if (!course) throw new Error("There is no such course");
  const { history, older, newer, behind } = course;
  const starts = [
    () => slow.start({ directory: behind, commit: older, to: site.name }).ended,
    () => fast.start({ directory: history.made.directory, commit: newer, to: site.name }).ended,
  ];
  const isOlderFirst = Math.floor(nth / courses.length) % 2 === 0;
  const delays = isOlderFirst ? [0, random.below(80)] : [random.below(80), 0];
  const [ofOlder, ofNewer] = await Promise.all(
    starts.map(async (start, which) => {
      await pause(delays[which]);
      return start();
    }),
  );

  expect(ofNewer, `race ${nth}`).toBe("published");
  expect(["published", "refused"], `race ${nth}`).toContain(ofOlder);
  const wrong = await findWrong(site, history, newer);
  await history.publish(site.open(), newer, bold);
  expect(await findWrong(site, history, newer), `race ${nth}`).toEqual([]);
  return { right: wrong.length === 0, refused: ofOlder === "refused" };
}
