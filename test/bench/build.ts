import { sum } from "./measure/cost.ts";
import type { Figure, Section } from "./measure/figure.ts";
import { share } from "./measure/figure.ts";
import { editedOneByOne } from "./measure/flags.ts";
import { runJob } from "./measure/job.ts";
import { type Plan, Samples } from "./measure/samples.ts";
import { Scratch } from "./measure/scratch.ts";

const jobs = {
  build: new URL("./jobs/build.ts", import.meta.url),
  files: new URL("./jobs/files.ts", import.meta.url),
  floor: new URL("./jobs/floor.ts", import.meta.url),
  read: new URL("./jobs/read.ts", import.meta.url),
};
const largest = 10_000;
type Medium = "disk" | "memory";
/** The time to write so many files varies by a factor of three on the same disk, so bounds apply in memory only. */
const cases: readonly { size: number; medium: Medium }[] = [
  { size: 100, medium: "memory" },
  { size: 1_000, medium: "memory" },
  { size: largest, medium: "memory" },
  { size: largest, medium: "disk" },
];
const whereIs = { memory: "in memory", disk: "on this disk" };
const stages = ["open", "read", "compile", "write"];
const parts = ["list files", "read blobs", "parse and check", "validate", "read history"];

/** Measures a build without a cache and one after one flag changed, with the floor of each. */
export async function* build(plan: Plan): AsyncGenerator<Section> {
  for (const { size, medium } of cases) {
    const samples = await measure(size, medium, plan);
    const bound = size === largest && medium === "memory" ? 1.5 : undefined;
    const [cold, again] = [samples.median("cold"), samples.median("again")];
    const [parsing, writing] = [samples.median("parse floor"), samples.median("write floor")];
    const figures: Figure[] = [
      { name: "parse floor: a bare YAML parser, the same texts", cost: parsing },
      { name: "write floor: bare writing of the same files", cost: writing },
      {
        name: "cold: no cache, no release",
        cost: cold,
        comparisons: [share(cold, sum([parsing, writing]), "of both floors", bound)],
      },
      ...stages.flatMap((stage) => [
        { name: `  ${stage}`, cost: samples.median(`cold ${stage}`) },
        ...(stage === "read" ? partsOf(samples) : []),
      ]),
      {
        name: "again, after one flag changed",
        cost: again,
        comparisons: [share(again, cold, "of the cold one")],
      },
      ...stages.map((stage) => ({ name: `  ${stage}`, cost: samples.median(`again ${stage}`) })),
    ];
    yield {
      title: `build, ${size.toLocaleString("en-US")} flags, files ${whereIs[medium]}`,
      figures,
    };
  }
}

async function measure(size: number, medium: Medium, { runs, progress }: Plan): Promise<Samples> {
  const scratch = new Scratch(medium);
  const samples = new Samples();
  progress(`build, ${size} flags: making a repository`);
  const [cold = "", changed = ""] = scratch.import(editedOneByOne(size, 2));
  for (let run = 1; run <= runs; run++) {
    progress(`build, ${size} flags: run ${run} of ${runs}`);
    const out = scratch.path(`run-${run}/release`);
    const buildAt = async (commit: string, name: string) => {
      const costs = await runJob(jobs.build, [scratch.repository, commit, out]);
      samples.add(name, costs.total);
      for (const stage of stages) samples.add(`${name} ${stage}`, costs[stage]);
    };
    scratch.forgetCache();
    samples.add("parse floor", (await runJob(jobs.floor, [size])).parse);
    const bare = [scratch.repository, cold, scratch.path(`run-${run}/bare`)];
    samples.add("write floor", (await runJob(jobs.files, bare)).write);
    scratch.forgetCache();
    const alone = await runJob(jobs.read, [scratch.repository, cold]);
    for (const part of parts) samples.add(part, alone[part]);
    scratch.forgetCache();
    await buildAt(cold, "cold");
    await buildAt(changed, "again");
  }
  return samples;
}

function partsOf(samples: Samples): Figure[] {
  return parts.map((part) => ({ name: `    alone: ${part}`, cost: samples.median(part) }));
}
