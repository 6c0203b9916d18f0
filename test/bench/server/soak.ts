/** `npm run soak -- --minutes 10`: reads, writes, streams and reports, and the growth of the server's memory. */
import { defineCommand, type ExitCode } from "../../../scripts/command/command.ts";
import { main } from "../../../scripts/command/run-command.ts";
import { note } from "../../../scripts/command/stderr.ts";
import { scratchWith } from "../measure/scratch.ts";
import { Server } from "./load.ts";
import { Visitors } from "./visitors.ts";

/** How much the heap may grow, in kB a minute: less than its own noise. */
const bound = 200;

await main(
  defineCommand({
    name: "soak",
    summary: "Load a server as on a busy day, and report how its memory grows.",
    operands: "",
    options: {
      minutes: { value: "NUMBER", help: "the duration of the load", default: "1" },
    },
    async run({ minutes }): Promise<ExitCode> {
      const end = performance.now() + Math.max(0.1, Number(minutes) || 0) * 60_000;
      using server = await Server.start("bunting", scratchWith(100));
      const visitors = new Visitors(server.url, server.token);
      const samples: Sample[] = [];
      while (performance.now() < end) {
        await visitors.visit(1_000);
        const { rss, heapUsed } = await server.ask();
        samples.push({ minute: performance.now() / 60_000, rss, heapUsed });
        if (samples.length % 10 === 0) printSummary(samples, visitors);
      }
      await visitors.leave();
      // The first third is the warm-up.
      const warm = samples.slice(Math.floor(samples.length / 3));
      const heap = slope(warm.map(({ minute, heapUsed }) => [minute, heapUsed / 1_024]));
      const rss = slope(warm.map(({ minute, rss }) => [minute, rss / 1_024]));
      printSummary(samples, visitors);
      const [grown, held] = [Math.round(heap), Math.round(rss)];
      process.stdout.write(`${grown} kB of heap and ${held} kB in all more each minute\n`);
      return heap <= bound ? 0 : 1;
    },
  }),
);

interface Sample {
  readonly minute: number;
  readonly rss: number;
  readonly heapUsed: number;
}

function printSummary(samples: readonly Sample[], { done }: Visitors): void {
  const last = samples.at(-1);
  const [heap, rss] = [last?.heapUsed ?? 0, last?.rss ?? 0].map((of) =>
    (of / 1_048_576).toFixed(1),
  );
  const seconds = Math.round(((last?.minute ?? 0) - (samples[0]?.minute ?? 0)) * 60);
  const counts = Object.entries(done).map(([what, count]) => `${count} ${what}`);
  note(`${seconds} s: heap ${heap} MB, in all ${rss} MB; ${counts.join(", ")}`);
}

/** By least squares. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (of: readonly number[]) => of.reduce((sum, one) => sum + one, 0) / of.length;
  const [x, y] = [mean(points.map(([at]) => at)), mean(points.map(([, value]) => value))];
  const along = points.reduce((sum, [at, value]) => sum + (at - x) * (value - y), 0);
  return along / points.reduce((sum, [at]) => sum + (at - x) ** 2, 0);
}
