import { defineCommand, type ExitCode } from "../../scripts/command/command.ts";
import { main } from "../../scripts/command/run-command.ts";
import { build } from "./build.ts";
import { client } from "./client.ts";
import { commands } from "./commands.ts";
import { evaluate } from "./evaluate.ts";
import { formatSection, isMet, type Section } from "./figure.ts";
import { history } from "./history.ts";
import { publish } from "./publish.ts";
import { server } from "./server.ts";
import { start } from "./start.ts";
import { writes } from "./writes.ts";

const groups = { build, client, commands, evaluate, history, publish, server, start, writes };
const names = Object.keys(groups) as (keyof typeof groups)[];

await main(
  defineCommand({
    name: "bench",
    summary: `Measures what builds, evaluations, the history and publishing cost, beside floors taken in the same run.
Every figure is the median of several fresh processes, without their start and the loading of
their code. Bounds stand at the largest size; where one is not met, the exit code is 1.
All of it takes some ten minutes.`,
    operands: "",
    options: {
      only: { value: "GROUP", help: "measures one group", choices: names },
      runs: { value: "NUMBER", help: "how often each case is measured", default: "5" },
      format: { value: "FORMAT", help: "how to tell", choices: ["text", "json"], default: "text" },
    },
    async run({ only, runs, format }): Promise<ExitCode> {
      const plan = { runs: Math.max(1, Number(runs) || 0), progress: print };
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
      for (const { name } of missed) print(`Not within its bound: ${name.trim()}`);
      return missed.length === 0 ? 0 : 1;
    },
  }),
);

function print(what: string): void {
  process.stderr.write(`${what}\n`);
}
