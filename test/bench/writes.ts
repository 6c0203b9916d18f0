import type { Figure, Section } from "./figure.ts";
import { editedOneByOne } from "./flags.ts";
import { runJob } from "./job.ts";
import { Background } from "./process.ts";
import type { Plan } from "./samples.ts";
import { Scratch } from "./scratch.ts";

const jobs = {
  remote: new URL("./jobs/remote.ts", import.meta.url),
  write: new URL("./jobs/write.ts", import.meta.url),
};
const seconds = 10;
const flags = 100;

interface Rate {
  /** Acknowledged writes a second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly median: number;
}

/** What changes cost that come one by one and all at once, beside a mutex around commit and push. */
export async function* writes({ progress }: Plan): AsyncGenerator<Section> {
  progress("writes over a path");
  yield await section("a path", async (repository, measure) => measure(repository));
  progress("writes over smart HTTP");
  yield await section("smart HTTP", async (repository, measure) => {
    using remote = new Background(jobs.remote, [repository]);
    const { url } = await remote.hear();
    return await measure(url);
  });
}

type Measure = (remote: string) => Promise<Rate>;

async function section(
  kind: string,
  reach: (repository: string, measure: Measure) => Promise<Rate>,
): Promise<Section> {
  const measured = (how: string, writers: number) => {
    const scratch = new Scratch();
    scratch.import(editedOneByOne(flags, 1));
    const measure: Measure = async (remote) => {
      const args = [how, remote, scratch.path("."), writers, seconds];
      return (await runJob(jobs.write, args)) as unknown as Rate;
    };
    return reach(scratch.repository, measure);
  };
  const mutex = await measured("mutex", 64);
  const one = await measured("queue", 1);
  const queue = await measured("queue", 64);
  return {
    title: `writes to a bare remote over ${kind}, for ${seconds} s`,
    figures: [
      figure("a mutex around commit and push, 64 writers", mutex),
      figure("bunting, 1 writer", one),
      figure("bunting, 64 writers", queue, [
        { unit: "of the mutex's time", value: mutex.rate / queue.rate, bound: 1 / 15 },
        { unit: "times the wait of one writer", value: queue.median / one.median, bound: 4 },
      ]),
    ],
  };
}

function figure(
  name: string,
  { rate, median }: Rate,
  comparisons: Figure["comparisons"] = [],
): Figure {
  const rates = [
    { unit: "writes/s", value: Math.round(rate * 10) / 10 },
    { unit: "ms median wait", value: Math.round(median) },
  ];
  return { name, comparisons: [...rates, ...comparisons] };
}
