import { defineCommand, UsageError } from "../command/command.ts";
import { main } from "../command/run-command.ts";
import { startExample } from "./example-server.ts";

await main(
  defineCommand({
    name: "example",
    summary: "Serves an example page whose flags you can change, with its own API and CDN.",
    operands: "",
    options: {
      port: { value: "PORT", help: "the port to listen on; 0 for any free one", default: "8090" },
    },
    async run({ port }) {
      if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
        throw new UsageError(`Cannot use --port "${port}": it must be a number from 0 to 65535`);
      }
      const example = await startExample(Number(port));
      process.stdout.write(`Open ${example.url}\n`);
      const signal = new Promise((resolve) => {
        for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => resolve(name));
      });
      const isStopped = (await Promise.race([signal, example.ended])) !== undefined;
      await example.close();
      return isStopped ? 0 : 2;
    },
  }),
);
