import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { defineCommand, type ExitCode } from "../command/command.ts";
import { main } from "../command/run-command.ts";
import { startExample } from "./example-server.ts";

const standard = fileURLToPath(new URL("../../client/example/screenshot.png", import.meta.url));

await main(
  defineCommand({
    name: "screenshot",
    summary:
      "Takes the screenshot of the example page in the README. Needs Chromium, and fonts-inter for the page's font.",
    operands: "",
    options: {
      out: { value: "FILE", help: "where to write it (default: client/example/screenshot.png)" },
      chromium: { value: "FILE", help: "the browser", default: "/usr/bin/chromium" },
    },
    async run({ out = standard, chromium: executablePath }): Promise<ExitCode> {
      const example = await startExample(0);
      try {
        writeFileSync(out, await takePicture(example.url, executablePath));
        process.stdout.write(`Wrote ${out}\n`);
        return 0;
      } finally {
        await example.close();
      }
    },
  }),
);

async function takePicture(url: string, executablePath: string): Promise<Buffer> {
  const args = ["--disable-background-networking", "--disable-component-update", "--no-first-run"];
  const browser = await chromium.launch({ executablePath, chromiumSandbox: false, args });
  try {
    const page = await browser.newPage({ viewport: { width: 1060, height: 664 } });
    await page.goto(url);
    await page.getByText("up to date").waitFor();
    // The change of this flag shows on the page.
    await page.getByRole("switch", { name: "activity_tracking" }).check();
    await page.getByRole("heading", { name: "Activity" }).waitFor();
    return await page.screenshot({ animations: "disabled" });
  } finally {
    await browser.close();
  }
}
