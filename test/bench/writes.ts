import type { Figure, Section } from "./measure/figure.ts";
import { editedOneByOne, shortNamed } from "./measure/flags.ts";
import { runJob } from "./measure/job.ts";
import { Background } from "./measure/process.ts";
import type { Plan } from "./measure/samples.ts";
import { Scratch } from "./measure/scratch.ts";

const jobs = {
  remote: new URL("./jobs/remote.ts", import.meta.url),
  write: new URL("./jobs/write.ts", import.meta.url),
};
const seconds = 10;
const flags = 100;
/**
 * Numbers of flags for one writer. The last one is about the most that a list for clients can hold, which
 * takes names of four characters: see schema/size/list-size.ts.
 */
const sizes = [100, 10_000, 75_000];
/** Bounds of the median wait: the second size compared with the first, and the third in milliseconds. */
const bounds = { ratio: 1.3, milliseconds: 500 };

interface Rate {
  /** Acknowledged writes per second. */
  readonly rate: number;
  /** Median wait for the acknowledgement, in milliseconds. */
  readonly median: number;
}

/** The rate of writes, of one writer and of many concurrent ones, compared with a mutex around commit and push. */
export async function* writes({ progress }: Plan): AsyncGenerator<Section> {
  progress("writes over a path");
  yield await section("a path", async (repository, measure) => measure(repository));
  progress("writes by the number of flags");
  yield await bySize();
  progress("writes over smart HTTP");
  yield await section("smart HTTP", async (repository, measure) => {
    using remote = new Background(jobs.remote, [repository]);
    const { url } = await remote.receive();
    return await measure(url);
  });
}

/** The cost of one write by the number of flags. */
async function bySize(): Promise<Section> {
  const waits: number[] = [];
  for (const size of sizes) {
    const scratch = new Scratch();
    scratch.import(size > 30_000 ? shortNamed(size) : editedOneByOne(size, 1));
    const args = ["queue", scratch.repository, scratch.path("."), 1, seconds];
    waits.push(((await runJob(jobs.write, args)) as unknown as Rate).median);
  }
  const [few = 0] = waits;
  const figures = waits.map((median, index) => {
    const ratio = {
      unit: "times the wait with the fewest flags",
      value: median / few,
      bound: index === 1 ? bounds.ratio : undefined,
    };
    const bound = index === 2 ? bounds.milliseconds : undefined;
    const wait = { unit: "ms median wait", value: Math.round(median), bound };
    return { name: `${sizes[index]} flags`, comparisons: [wait, ratio] };
  });
  return { title: "one write by the number of flags, over a path", figures };
}

type Measure = (remote: string) => Promise<Rate>;

async function section(
  kind: string,
  run: (repository: string, measure: Measure) => Promise<Rate>,
): Promise<Section> {
  const measured = (how: string, writers: number) => {
    const scratch = new Scratch();
    scratch.import(editedOneByOne(flags, 1));
    const measure: Measure = async (remote) => {
      const args = [how, remote, scratch.path("."), writers, seconds];
      return (await runJob(jobs.write, args)) as unknown as Rate;
    };
    return run(scratch.repository, measure);
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
