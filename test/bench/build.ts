import { sum } from "./cost.ts";
import type { Figure, Section } from "./figure.ts";
import { share } from "./figure.ts";
import { editedOneByOne } from "./flags.ts";
import { runJob } from "./job.ts";
import { type Plan, Samples } from "./samples.ts";
import { Scratch } from "./scratch.ts";

const jobs = {
  build: new URL("./jobs/build.ts", import.meta.url),
  files: new URL("./jobs/files.ts", import.meta.url),
  floor: new URL("./jobs/floor.ts", import.meta.url),
  read: new URL("./jobs/read.ts", import.meta.url),
};
const largest = 10_000;
type Place = "disk" | "memory";
/** Bare writing of so many files takes one to three times as long on the same disk: bounds hold in memory. */
const cases: readonly { size: number; place: Place }[] = [
  { size: 100, place: "memory" },
  { size: 1_000, place: "memory" },
  { size: largest, place: "memory" },
  { size: largest, place: "disk" },
];
const whereIs = { memory: "in memory", disk: "on this disk" };
const stages = ["open", "patch the release before", "read", "compile", "write"];
const parts = ["list files", "read blobs", "parse and check", "validate", "read history"];
/** After the cold build, so many builds after one flag changed each. */
const further = ["second", "third", "fourth"];

/** What a build takes: cold, after one flag changed, and when nothing has. */
export async function* build(plan: Plan): AsyncGenerator<Section> {
  for (const { size, place } of cases) {
    const samples = await measure(size, place, plan);
    const isBounded = size === largest && place === "memory";
    const bounded = (bound: number) => (isBounded ? bound : undefined);
    const [floor, cold] = [samples.median("floor"), samples.median("cold")];
    const files = samples.median("files");
    const figures: Figure[] = [
      { name: "floor: a bare YAML parser, the same texts", cost: floor },
      { name: "floor of files: bare writing of the same ones", cost: files },
    ];
    const tell = (name: string, of: string, sample: string, bound?: number) => {
      const cost = samples.median(sample);
      const whole = of === "the floor" ? floor : cold;
      const comparisons = [share(cost, whole, `of ${of}`, bound)];
      if (sample === "cold") comparisons.push(share(cost, sum([floor, files]), "of both floors"));
      figures.push({ name, cost, comparisons });
      for (const stage of stages) {
        if (!samples.has(`${sample} ${stage}`)) continue;
        figures.push({ name: `  ${stage}`, cost: samples.median(`${sample} ${stage}`) });
        if (sample === "cold" && stage === "read") figures.push(...partsOf(samples));
      }
    };
    tell("cold: no cache, no release", "the floor", "cold", bounded(1.5));
    tell("one flag changed, first after the cold one", "the cold one", "first", bounded(0.2));
    tell("one flag changed, after that", "the cold one", "further", bounded(0.2));
    tell("nothing changed", "the cold one", "unchanged");
    yield {
      title: `build, ${size.toLocaleString("en-US")} flags, files ${whereIs[place]}`,
      figures,
    };
  }
}

async function measure(size: number, place: Place, { runs, progress }: Plan): Promise<Samples> {
  const scratch = new Scratch(place);
  const samples = new Samples();
  progress(`build, ${size} flags: making a repository`);
  const commits = scratch.import(editedOneByOne(size, 2 + further.length));
  const [cold = "", first = "", ...later] = commits;
  let out = "";
  const buildAt = async (commit: string, name: string) => {
    const costs = await runJob(jobs.build, [scratch.repository, commit, out]);
    samples.add(name, costs.total);
    for (const stage of stages) if (costs[stage]) samples.add(`${name} ${stage}`, costs[stage]);
  };
  for (let run = 1; run <= runs; run++) {
    progress(`build, ${size} flags: run ${run} of ${runs}`);
    out = scratch.path(`run-${run}/release`);
    scratch.forgetCache();
    samples.add("floor", (await runJob(jobs.floor, [size])).parse);
    const bare = [scratch.repository, cold, scratch.path(`run-${run}/bare`)];
    samples.add("files", (await runJob(jobs.files, bare)).write);
    scratch.forgetCache();
    const alone = await runJob(jobs.read, [scratch.repository, cold]);
    for (const part of parts) samples.add(part, alone[part]);
    await buildAt(cold, "cold");
    await buildAt(first, "first");
    for (const commit of later) await buildAt(commit, "further");
    await buildAt(later.at(-1) ?? first, "unchanged");
  }
  return samples;
}

function partsOf(samples: Samples): Figure[] {
  return parts.map((part) => ({ name: `    alone: ${part}`, cost: samples.median(part) }));
}
