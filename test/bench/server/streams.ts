import type { Section } from "../measure/figure.ts";
import { runJob } from "../measure/job.ts";
import { Background } from "../measure/process.ts";
import { scratchWith } from "../measure/scratch.ts";
import { Server } from "./load.ts";

const job = new URL("../jobs/streams.ts", import.meta.url);
const streams = 1_000;
const warm = 200;

/** The delay of a change, and the cost of an open stream. */
export async function eventStreams(): Promise<Section> {
  const scratch = scratchWith(100);
  const memory = new Map<string, number>();
  for (const kind of ["streams", "bunting"]) {
    using server = await Server.start(kind, scratch);
    const { url, token } = server;
    // The first streams include one-time costs.
    using first = new Background(job, [url, token, warm, "open"]);
    await first.receive();
    const before = held(await server.ask());
    using others = new Background(job, [url, token, streams - warm, "open"]);
    await others.receive();
    memory.set(kind, (held(await server.ask()) - before) / (streams - warm));
  }
  using server = await Server.start("bunting", scratch);
  const delays: unknown = await runJob(job, [server.url, server.token, streams]);
  const { visible, streamed } = delays as Record<"visible" | "streamed", number>;
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

/** The memory in use after garbage collection. The resident set also has memory that is free for reuse. */
function held({ heapUsed, external }: { heapUsed: number; external: number }): number {
  return heapUsed + external;
}
