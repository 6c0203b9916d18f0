import type { Figure, Section } from "./figure.ts";
import { editedOneByOne } from "./flags.ts";
import { runJob } from "./job.ts";
import { Background } from "./process.ts";
import type { Plan } from "./samples.ts";
import { Scratch } from "./scratch.ts";

const jobs = {
  serve: new URL("./jobs/serve.ts", import.meta.url),
  load: new URL("./jobs/load.ts", import.meta.url),
  streams: new URL("./jobs/streams.ts", import.meta.url),
};
const seconds = 10;
const streams = 1_000;

/** What the server costs: reads beside bare servers, event streams. */
export async function* server({ progress }: Plan): AsyncGenerator<Section> {
  for (const size of [100, 1_000]) {
    progress(`server, reads: ${size} flags`);
    yield await reads(size);
  }
  progress("server, event streams");
  yield await eventStreams();
}

async function reads(size: number): Promise<Section> {
  const scratch = scratchWith(size);
  const rates = new Map<string, number>();
  for (const [name, kind, origin] of [
    ["bare node:http", "bare", ""],
    ["bare node:http that checks the token", "authenticated", ""],
    ["bunting", "bunting", ""],
    ["plain Express", "express", "https://app.example.com"],
    ["bunting, by way of Express", "bunting", "https://app.example.com"],
  ] as const) {
    using process = new Background(jobs.serve, [kind, scratch.repository, scratch.path(".")]);
    const { url, token } = await process.hear();
    const { rate } = await measure(jobs.load, [url, token, origin, seconds]);
    rates.set(name, rate);
  }
  const rate = (name: string) => rates.get(name) ?? Number.NaN;
  const slower = (name: string, than: string, bound?: number) => ({
    unit: `of the rate of ${than}, inverted`,
    value: rate(than) / rate(name),
    bound,
  });
  const figures = [...rates.keys()].map((name): Figure => {
    const comparisons = [{ unit: "answers/s", value: Math.round(rate(name)) }];
    if (name.includes("token")) comparisons.push(slower(name, "bare node:http", 1 / 0.85) as never);
    if (name === "bunting") comparisons.push(slower(name, "bare node:http", 1 / 0.8) as never);
    if (name.includes("way of")) comparisons.push(slower(name, "plain Express", 0.5) as never);
    return { name, comparisons };
  });
  return { title: `server, list of ${size} flags, 32 connections`, figures };
}

async function eventStreams(): Promise<Section> {
  const scratch = scratchWith(100);
  const memory = new Map<string, number>();
  for (const kind of ["streams", "bunting"]) {
    using process = new Background(jobs.serve, [kind, scratch.repository, scratch.path(".")]);
    const { url, token } = await process.hear();
    const before = await process.ask();
    using readers = new Background(jobs.streams, [url, token, streams, "open"]);
    await readers.hear();
    memory.set(kind, ((await process.ask()).rss - before.rss) / streams);
  }
  using process = new Background(jobs.serve, ["bunting", scratch.repository, scratch.path(".")]);
  const { url, token } = await process.hear();
  const { visible, streamed } = await measure(jobs.streams, [url, token, streams]);
  const [bare = 0, own = 0] = [memory.get("streams"), memory.get("bunting")];
  return {
    title: `server, ${streams.toLocaleString("en-US")} event streams`,
    figures: [
      {
        name: "acknowledged to every reader",
        comparisons: [{ unit: "ms", value: visible, bound: 50 }],
      },
      {
        name: "acknowledged to the last stream",
        comparisons: [{ unit: "ms", value: streamed, bound: 100 }],
      },
      {
        name: "memory per stream",
        comparisons: [
          { unit: "kB", value: Math.round(own / 1_024) },
          { unit: "times that of bare res.write", value: own / bare, bound: 1.3 },
        ],
      },
    ],
  };
}

// biome-ignore lint/suspicious/noExplicitAny: what a job prints is the job's to say
function measure(job: URL, args: readonly (string | number)[]): Promise<any> {
  return runJob(job, args);
}

function scratchWith(size: number): Scratch {
  const scratch = new Scratch();
  scratch.import(editedOneByOne(size, 1));
  return scratch;
}
