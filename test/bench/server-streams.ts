import type { Section } from "./figure.ts";
import { runJob } from "./job.ts";
import { Background } from "./process.ts";
import { scratchWith } from "./scratch.ts";

const jobs = {
  serve: new URL("./jobs/serve.ts", import.meta.url),
  streams: new URL("./jobs/streams.ts", import.meta.url),
};
const streams = 1_000;
const warm = 200;

/** How soon a change is seen, and what it costs to keep a stream open. */
export async function eventStreams(): Promise<Section> {
  const scratch = scratchWith(100);
  const memory = new Map<string, number>();
  for (const kind of ["streams", "bunting"]) {
    using process = new Background(jobs.serve, [kind, scratch.repository, scratch.path(".")]);
    const { url, token } = await process.receive();
    // What the first ones cost once is not what one more costs.
    using first = new Background(jobs.streams, [url, token, warm, "open"]);
    await first.receive();
    const before = held(await process.ask());
    using others = new Background(jobs.streams, [url, token, streams - warm, "open"]);
    await others.receive();
    memory.set(kind, (held(await process.ask()) - before) / (streams - warm));
  }
  using process = new Background(jobs.serve, ["bunting", scratch.repository, scratch.path(".")]);
  const { url, token } = await process.receive();
  const { visible, streamed } = (await runJob(jobs.streams, [
    url,
    token,
    streams,
  ])) as unknown as Record<"visible" | "streamed", number>;
  const [bare = 0, own = 0] = [memory.get("streams"), memory.get("bunting")];
  return {
    title: `server, ${streams.toLocaleString("en-US")} event streams`,
    figures: [
      {
        name: "acknowledged to every reader",
        comparisons: [{ unit: "ms", value: visible, bound: 50 }],
      },
      {
        name: "acknowledged to the last stream (before it: negative)",
        comparisons: [{ unit: "ms", value: streamed, bound: 100 }],
      },
      {
        name: "memory per stream",
        comparisons: [
          { unit: "kB", value: Math.round(own / 102.4) / 10 },
          { unit: "times that of bare res.write", value: own / bare, bound: 1.3 },
        ],
      },
    ],
  };
}

/** What a process holds once its garbage is collected: the resident set also has what it may use again. */
function held({ heapUsed, external }: { heapUsed: number; external: number }): number {
  return heapUsed + external;
}
