import type { Cost } from "./measure/cost.ts";
import type { Comparison, Figure, Section } from "./measure/figure.ts";
import { runJob } from "./measure/job.ts";
import { type Plan, Samples } from "./measure/samples.ts";

const job = new URL("./jobs/evaluate.ts", import.meta.url);
const evaluations = 1_000_000;

/** The cases, with the minimum rate of each in millions per second. */
const cases: readonly (readonly [name: string, title: string, least?: number])[] = [
  ["plain", "a plain flag", 2],
  ["percentage", "a percentage"],
  ["rules", "two rules and a percentage", 0.5],
  ["variants", "a percentage and two variants"],
];

/** The cost of an evaluation, compared with flagd-core with the compiled document in the same process. */
export async function* evaluate({ runs, progress }: Plan): AsyncGenerator<Section> {
  const samples = new Samples();
  for (let run = 1; run <= runs; run++) {
    progress(`evaluate: run ${run} of ${runs}`);
    const costs = await runJob(job, [evaluations]);
    for (const [name, cost] of Object.entries(costs)) samples.add(name, cost);
  }
  yield {
    title: `evaluate, ${evaluations.toLocaleString("en-US")} evaluations for 1,000 callers`,
    figures: cases.flatMap(([name, title, least]): Figure[] => {
      const ours = samples.median(`${name}: bunting`);
      const theirs = samples.median(`${name}: flagd-core`);
      return [
        { name: title, cost: ours, comparisons: [rate(ours, least)] },
        { name: "  flagd-core", cost: theirs, comparisons: [rate(theirs)] },
      ];
    }),
  };
}

/** Per second of processor time, which other work on the machine affects less. */
function rate({ cpu }: Cost, least?: number): Comparison {
  const unit = "million evaluations per second of one core";
  return { unit, value: evaluations / 1_000 / cpu, least };
}
