import type { Comparison, Figure, Section } from "./measure/figure.ts";
import { editedOneByOne } from "./measure/flags.ts";
import { runJob } from "./measure/job.ts";
import { S3 } from "./measure/s3.ts";
import { type Plan, Samples } from "./measure/samples.ts";
import { Scratch } from "./measure/scratch.ts";

const job = new URL("./jobs/publish.ts", import.meta.url);
const largest = 10_000;
/** Whether a publisher relies on the manifest, or checks every object. */
const ways = ["trusting", "thorough"];
const note =
  "Three environments make it 7 objects: the flag in each, the list of each, and the manifest.";

/** The cost of publishing: the first time, after one flag changed, and when nothing changed. */
export async function* publish(plan: Plan): AsyncGenerator<Section> {
  for (const size of [1_000, largest]) {
    for (const to of ["a directory", "S3"]) yield await measure(size, to, plan);
  }
}

async function measure(size: number, to: string, { runs, progress }: Plan): Promise<Section> {
  const scratch = new Scratch();
  using s3 = to === "S3" ? new S3() : undefined;
  const environment = await s3?.environment();
  const target = s3 ? "s3://flags" : scratch.path("published");
  const title = `publish, ${size.toLocaleString("en-US")} flags to ${to}`;
  const samples = new Samples();
  const counts = new Map<string, Comparison[]>();

  const publishAt = async (commit: string, thorough: boolean, name: string) => {
    for (const [verb, dryRun] of [
      ["plan", true],
      ["publish", false],
    ] as const) {
      const args = [scratch.repository, commit, target, thorough, dryRun];
      samples.add(`${name}: ${verb}`, (await runJob(job, args, environment)).publish);
      const requests = await s3?.requests();
      if (requests) counts.set(`${name}: ${verb}`, compare(requests, `${name}: ${verb}`, size));
    }
  };
  progress(`${title}: for the first time`);
  const [first = "", ...later] = scratch.import(editedOneByOne(size, 1 + ways.length * runs));
  await publishAt(first, false, "first");
  for (let run = 1; run <= runs; run++) {
    progress(`${title}: run ${run} of ${runs}`);
    for (const [index, way] of ways.entries()) {
      const commit = later.shift() ?? "";
      await publishAt(commit, index === 1, `one flag changed, ${way}`);
      await publishAt(commit, index === 1, `nothing changed, ${way}`);
    }
  }
  const figures = samples.names.map(
    (name): Figure => ({
      name,
      cost: samples.median(name),
      comparisons: counts.get(name) ?? [],
      ...(s3 && name === `one flag changed, ${ways[0]}: publish` ? { note } : {}),
    }),
  );
  return { title, figures };
}

/** At most 15 requests, 4 of them writes, if one flag of 10,000 has changed. */
function compare(
  { requests, writes }: { requests: number; writes: number },
  name: string,
  size: number,
): Comparison[] {
  const isBound = size === largest && /^one flag .*: publish$/.test(name);
  return [
    { unit: "requests", value: requests, bound: isBound ? 15 : undefined },
    { unit: "that write", value: writes, bound: isBound ? 4 : undefined },
  ];
}
