import { type Cost, median, middle } from "./measure/cost.ts";
import { type Section, share } from "./measure/figure.ts";
import { runJob } from "./measure/job.ts";
import type { Plan } from "./measure/samples.ts";
import { scratchWith } from "./measure/scratch.ts";
import { writeToken } from "./server/service.ts";

const jobs = {
  start: new URL("./jobs/start.ts", import.meta.url),
  clone: new URL("./jobs/clone.ts", import.meta.url),
};
const size = { flags: 10_000, commits: 50_000 };

/** The time until the server answers: without any files of an earlier process, and with its clone. */
export async function* start({ runs, progress }: Plan): AsyncGenerator<Section> {
  const scratch = scratchWith(size.flags, size.commits);
  const { file } = writeToken(scratch.path("."));
  const floor: Cost[] = [];
  const costs = { cold: [] as Cost[], warm: [] as Cost[] };
  const memory = { cold: [] as number[], warm: [] as number[] };
  for (let run = 1; run <= runs; run++) {
    progress(`start: run ${run} of ${runs}`);
    const { clone } = await runJob(jobs.clone, [scratch.repository, scratch.path(`floor-${run}`)]);
    if (clone) floor.push(clone);
    for (const kind of ["cold", "warm"] as const) {
      const args = [scratch.repository, scratch.path(`clone-${run}.git`), file];
      const { start: cost, memory: held } = await runJob(jobs.start, args);
      if (!cost || !held) throw new Error("Cannot measure: the server did not start");
      costs[kind].push(cost);
      memory[kind].push((held as unknown as { rss: number }).rss);
    }
  }
  const megabytes = (of: number[]) => ({ unit: "MB", value: Math.round(middle(of) / 1_048_576) });
  yield {
    title: `start, ${size.flags.toLocaleString("en-US")} flags, ${size.commits.toLocaleString("en-US")} commits`,
    figures: [
      { name: "floor: git clone --bare alone", cost: median(floor) },
      {
        name: "cold, until the first answer",
        cost: median(costs.cold),
        comparisons: [
          share(median(costs.cold), median(floor), "of the floor"),
          megabytes(memory.cold),
        ],
      },
      {
        name: "warm, until the first answer",
        cost: median(costs.warm),
        comparisons: [
          share(median(costs.warm), median(costs.cold), "of the cold one"),
          megabytes(memory.warm),
        ],
      },
    ],
  };
}
