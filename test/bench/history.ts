import { largeHistory } from "../git/import.ts";
import type { Section } from "./measure/figure.ts";
import { share } from "./measure/figure.ts";
import { runJob } from "./measure/job.ts";
import { type Plan, Samples } from "./measure/samples.ts";
import { Scratch } from "./measure/scratch.ts";

const jobs = {
  history: new URL("./jobs/history.ts", import.meta.url),
  log: new URL("./jobs/log.ts", import.meta.url),
};
const largest = 50_000;
const flags = 1_000;
const further = 10;

/** The cost of the creation time and the last change of each flag. */
export async function* history(plan: Plan): AsyncGenerator<Section> {
  for (const size of [1_000, 10_000, largest]) {
    const samples = await measure(size, plan);
    const [floor, cold] = [samples.median("floor"), samples.median("cold")];
    const [extended, unchanged] = [samples.median("extended"), samples.median("unchanged")];
    const bound = size === largest ? 0.05 : undefined;
    yield {
      title: `history, ${size.toLocaleString("en-US")} commits to ${flags.toLocaleString("en-US")} flags`,
      figures: [
        { name: "floor: git log alone", cost: floor },
        { name: "cold", cost: cold, comparisons: [share(cold, floor, "of the floor")] },
        {
          name: `after ${further} new commits`,
          cost: extended,
          comparisons: [share(extended, cold, "of the cold one", bound)],
        },
        {
          name: "unchanged",
          cost: unchanged,
          comparisons: [share(unchanged, cold, "of the cold one")],
        },
      ],
    };
  }
}

async function measure(size: number, { runs, progress }: Plan): Promise<Samples> {
  const scratch = new Scratch();
  const samples = new Samples();
  progress(`history, ${size} commits: making a repository`);
  const commits = scratch.import(largeHistory(flags, size + further));
  const [known = "", last = ""] = [commits[size - 1], commits.at(-1)];
  let kept = "";
  const readAt = async (commit: string, name: string) => {
    const costs = await runJob(jobs.history, [scratch.repository, commit, kept]);
    samples.add(name, costs.history);
  };
  for (let run = 1; run <= runs; run++) {
    progress(`history, ${size} commits: run ${run} of ${runs}`);
    kept = scratch.path(`run-${run}`);
    samples.add("floor", (await runJob(jobs.log, [scratch.repository, known])).log);
    await readAt(known, "cold");
    await readAt(last, "extended");
    await readAt(last, "unchanged");
  }
  return samples;
}
