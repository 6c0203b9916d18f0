import { wholeNumber } from "../command/checks.ts";
import { defineCommand } from "../command/command.ts";
import { main } from "../command/run-command.ts";
import { startExample } from "./example-server.ts";

await main(
  defineCommand({
    name: "example",
    summary: "Serve an example page whose flags you can change, with an API and a CDN of its own.",
    operands: "",
    options: {
      port: { value: "PORT", help: "the port to listen on; 0 for any free one", default: "8090" },
    },
    async run({ port }) {
      const example = await startExample(wholeNumber("port", port, 0, 65_535));
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
