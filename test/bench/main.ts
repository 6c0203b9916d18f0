import { defineCommand, type ExitCode } from "../../scripts/command/command.ts";
import { shared } from "../../scripts/command/options.ts";
import { main } from "../../scripts/command/run-command.ts";
import { note } from "../../scripts/command/stderr.ts";
import { build } from "./build.ts";
import { client } from "./client.ts";
import { commands } from "./commands.ts";
import { evaluate } from "./evaluate.ts";
import { history } from "./history.ts";
import { formatSection, isMet, type Section } from "./measure/figure.ts";
import { publish } from "./publish.ts";
import { server } from "./server/server.ts";
import { start } from "./start.ts";
import { writes } from "./writes.ts";

const groups = { build, client, commands, evaluate, history, publish, server, start, writes };
const names = Object.keys(groups) as (keyof typeof groups)[];

await main(
  defineCommand({
    name: "bench",
    summary: `Measure the speed of builds, evaluations, history, publishing, server and client, compared with minimal programs in the same run.
Each figure is the median of several new processes, without the time to start them and load their code.
The largest size of each case has a bound. If one is exceeded, the exit code is 1. Takes about ten minutes.`,
    operands: "",
    options: {
      only: { value: "GROUP", help: "measure one group", choices: names },
      runs: { value: "NUMBER", help: "the number of processes for each case", default: "5" },
      format: shared.format,
    },
    async run({ only, runs, format }): Promise<ExitCode> {
      const plan = { runs: Math.max(1, Number(runs) || 0), progress: note };
      const sections: Section[] = [];
      for (const name of names.filter((group) => only === undefined || group === only)) {
        for await (const section of groups[name](plan)) {
          sections.push(section);
          if (format === "text") process.stdout.write(formatSection(section));
        }
      }
      if (format === "json") process.stdout.write(`${JSON.stringify(sections, null, 2)}\n`);
      const figures = sections.flatMap((section) => section.figures);
      const missed = figures.filter(({ comparisons = [] }) => !comparisons.every(isMet));
      for (const { name } of missed) note(`Not within its bound: ${name.trim()}`);
      return missed.length === 0 ? 0 : 1;
    },
  }),
);
