import { writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { defineCommand, type ExitCode } from "../command/command.ts";
import { main } from "../command/run-command.ts";
import { startExample } from "./example-server.ts";

const defaultDirectory = fileURLToPath(new URL("../../client/example/", import.meta.url));

/** Whom the second picture shows evaluations for. */
const caller = [
  ["app_version", "6.3.0"],
  ["country", "SE"],
  ["email_domain", "mealtrack.example"],
  ["household_id", "household-3"],
] as const;

await main(
  defineCommand({
    name: "screenshot",
    summary:
      "Take the pictures of the example page, screenshot.png and rollout.png, with Chromium. The page's font is in the package fonts-inter.",
    operands: "",
    options: {
      out: { value: "DIRECTORY", help: 'the directory to write to (default: "client/example")' },
      chromium: { value: "FILE", help: "the program of the browser", default: "/usr/bin/chromium" },
    },
    async run({ out = defaultDirectory, chromium: executablePath }): Promise<ExitCode> {
      const example = await startExample(0);
      try {
        for (const [name, picture] of await takePictures(example.url, executablePath)) {
          const file = path.join(out, name);
          writeFileSync(file, picture);
          process.stdout.write(`Wrote ${file}\n`);
        }
        return 0;
      } finally {
        await example.close();
      }
    },
  }),
);

/** The pictures by file name. */
async function takePictures(url: string, executablePath: string): Promise<[string, Buffer][]> {
  const args = ["--disable-background-networking", "--disable-component-update", "--no-first-run"];
  const browser = await chromium.launch({ executablePath, chromiumSandbox: false, args });
  try {
    const page = await browser.newPage({ viewport: { width: 1060, height: 664 } });
    await page.goto(url);
    await page.getByText("up to date").waitFor();
    // The change of this flag shows on the page.
    await page.getByRole("switch", { name: "activity_tracking" }).check();
    await page.getByRole("heading", { name: "Activity" }).waitFor();
    const whole = await page.screenshot({ animations: "disabled" });

    await page.getByLabel("Flag", { exact: true }).selectOption("shared_shopping_list");
    await page.getByRole("slider").fill("30");
    for (const [name, value] of caller) {
      const field = page.getByLabel(name, { exact: true });
      if (await field.isVisible()) await field.fill(value);
    }
    await page.evaluate('document.querySelector("#as-title").parentElement.scrollIntoView()');
    const rollout = await page.screenshot({ animations: "disabled" });
    return [
      ["screenshot.png", whole],
      ["rollout.png", rollout],
    ];
  } finally {
    await browser.close();
  }
}
