/** `npm run example` and `npm run screenshot`, as a user runs them. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { temporaryDirectory } from "../git/repository.ts";
import { bareEnvironment, runDevelopmentTool, testCheckout, top } from "../scripts/setup/run.ts";
import { until } from "../server/setup/api.ts";
import { began } from "../server/setup/remote.ts";
import { describeWithChromium, useChromium } from "./chromium.ts";

/** Timeout of a test with npm, a server, a bundle and two visitors on a busy machine. */
const longTimeout = { timeout: 150_000 };

const on = ["food_search_v2", "meal_planning"];
const off = [
  "activity_tracking",
  "allergen_warnings",
  "barcode_scanner",
  "heart_rate_zones",
  "onboarding_short_form",
  "photo_meal_recognition",
  "read_only_mode",
  "shared_shopping_list",
];
const names = [...on, ...off].sort();
const flags = Object.fromEntries(
  names.map((name) => [
    `flags/product/${name}.yaml`,
    `description: A part of the page\nenabled: ${on.includes(name)}\n`,
  ]),
);

/** A percentage per household with a rule, and variants. */
const gradual = {
  "bunting.yaml": "format: 4\nattributes:\n  age: number\n  household_id: string\n",
  "flags/product/shared_shopping_list.yaml": `description: A part of the page
enabled: true
rollout: 20
bucket: household_id
rules:
  - name: grown-ups
    if: { age: { min: 18 } }
    enabled: true
`,
  "flags/product/onboarding_short_form.yaml": `description: Questions of the sign-up
enabled: true
rollout: 50
variants:
  nine: 9
  three: 3
`,
};

describeWithChromium("the example", () => {
  const chromium = useChromium();
  let npm: ChildProcess | undefined;
  // Ends npm and its child processes, so that a failing test leaves none.
  afterEach(() => {
    try {
      if (npm?.pid !== undefined) process.kill(-npm.pid, "SIGKILL");
    } catch {
      // They have already ended.
    }
  });

  async function startExample(temporary: string, more = {}): Promise<string> {
    const checkout = testCheckout();
    checkout.change(began, { ...flags, ...more });
    npm = spawn("npm", ["run", "--silent", "example", "--", "--port", "0"], {
      cwd: checkout.directory,
      env: { ...bareEnvironment, TMPDIR: temporary } as NodeJS.ProcessEnv,
      stdio: ["ignore", "pipe", "inherit"],
      detached: true,
    });
    let output = "";
    npm.stdout?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
    await until(() => output.endsWith("\n") || npm?.exitCode !== null, 45_000);
    return /^Open (\S+)\n$/.exec(output)?.[1] ?? output;
  }

  test(
    "shows the flags, turns one on for everybody, and starts without a network",
    longTimeout,
    async () => {
      const temporary = temporaryDirectory();
      const url = await startExample(temporary);
      expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=bnt_/);
      const ada = await chromium.visitor();
      const sam = await chromium.visitor();
      const [page, other] = [await ada.open(url), await sam.open(url)];
      await page.getByText("10 flags, up to date").waitFor();
      const snapshot = await page.locator("body").ariaSnapshot();
      expect(snapshot.split('\n  - region "Evaluate as"')[0]).toBe(`- banner:
  - heading "MealTrack" [level=1]
  - status: 10 flags, up to date
- main:
  - region "What people see":
    - article:
      - heading "Today" [level=2]
      - strong: 1,240 kcal
      - list:
        - listitem: Breakfast Porridge with berries
        - listitem: Lunch Lentil soup, rye bread
      - paragraph:
        - button "Add a meal"
    - article:
      - heading "Sign-up" [level=3]
      - code: onboarding_short_form
      - paragraph: Nine questions, then your diary is ready.
    - article:
      - heading "This week's plan" [level=3]
      - code: meal_planning
      - list:
        - listitem: Mon
        - listitem: Tue
        - listitem: Wed
        - listitem: Thu
        - listitem: Fri
        - listitem: Sat
        - listitem: Sun
    - article:
      - heading "Find any food" [level=3]
      - code: food_search_v2
      - text: Food
      - searchbox "Food"
      - paragraph: OpenFeature says on, STATIC
  - region "Flags":
    - heading "Flags" [level=2]
    - paragraph: Each change is a commit, and reaches every open page at once.
    - list:
${names.map(switchOf).join("\n")}`);

      await page.getByRole("switch", { name: "activity_tracking" }).focus();
      await page.keyboard.press("Space");
      await page.getByRole("heading", { name: "Activity" }).waitFor();
      for (const each of [page, other]) {
        await each.getByRole("heading", { name: "Activity" }).waitFor();
        expect(await each.getByRole("switch", { name: "activity_tracking" }).isChecked()).toBe(
          true,
        );
      }
      await page.getByRole("switch", { name: "food_search_v2" }).uncheck();
      await page.getByText("OpenFeature says off, STATIC").waitFor();
      await other.getByText("OpenFeature says off, STATIC").waitFor();
      expect([...ada.complaints, ...sam.complaints]).toEqual([]);

      await page.evaluate(() => navigator.serviceWorker.ready);
      await page.reload();
      await page.getByText("10 flags, up to date").waitFor();
      npm?.kill("SIGTERM");
      expect((await once(npm as ChildProcess, "exit"))[0]).toBe(0);
      expect(readdirSync(temporary).filter((name) => name.startsWith("bunting"))).toEqual([]);
      await page.reload();
      await page.getByText("10 flags as they were: the network is gone").waitFor();
      await page.getByRole("heading", { name: "Activity" }).waitFor();
      expect(await page.getByText("Find a food").count()).toBe(1);
    },
  );

  test(
    "shows who gets a percentage, what each flag gives to a caller, and a variant",
    longTimeout,
    async () => {
      const url = await startExample(temporaryDirectory(), gradual);
      const ada = await chromium.visitor();
      const page = await ada.open(url);
      await page.getByText("10 flags, up to date").waitFor();

      const share = page.getByRole("region", { name: "Who gets it" });
      await share.getByLabel("Flag").selectOption("shared_shopping_list");
      const slider = share.getByRole("slider", { name: "Rollout" });
      expect(await slider.inputValue()).toBe("20");
      const inside = async () => (await share.locator("[data-variant='0']").all()).length;
      const before = await inside();
      expect(before % 4).toBe(0);
      await slider.focus();
      for (let step = 0; step < 10; step++) await page.keyboard.press("ArrowRight");
      await share.getByText("30 %", { exact: true }).waitFor();
      expect(await inside()).toBeGreaterThanOrEqual(before);
      await share.getByText(`${await inside()} of 100 people get it`).waitFor();
      expect(await share.getByRole("img").ariaSnapshot()).toMatch(
        /^- img "\d+ of 100 people get it"$/,
      );
      await slider.fill("100");
      await share.getByText("100 of 100 people get it").waitFor();
      await slider.fill("0");
      await share.getByText("0 of 100 people get it", { exact: true }).waitFor();
      await slider.fill("30");
      await share.getByRole("button", { name: "Commit 30 %" }).click();
      await expect.poll(() => share.getByRole("button").isDisabled()).toBe(true);
      const flagsOfPage = page.getByRole("region", { name: "Flags" });
      await flagsOfPage.getByText("30 %").waitFor();
      await share.getByLabel("Flag").selectOption("onboarding_short_form");
      await share.getByText(/^\d+ get nine, \d+ get three, \d+ are outside$/).waitFor();

      const as = page.getByRole("region", { name: "Evaluate as" });
      const rowOf = (name: string) => as.getByRole("row", { name });
      expect(await rowOf("shared_shopping_list").textContent()).toMatch(/falseoffDEFAULT$/);
      await as.getByLabel("age").fill("18");
      await rowOf("TARGETING_MATCH, grown-ups").waitFor();
      await page.getByRole("heading", { name: "Shopping list" }).waitFor();
      await as.getByLabel("age").fill("");
      await page.getByRole("heading", { name: "Shopping list" }).waitFor({ state: "detached" });
      // Some of these are in each variant.
      for (const variant of ["three", "nine"]) {
        for (let id = 1; id < 50; id++) {
          await as.getByLabel("id (targetingKey)").fill(`person-${id}`);
          const text = await rowOf("onboarding_short_form").textContent();
          if (text?.includes(`${variant}SPLIT`)) break;
        }
        const questions = variant === "three" ? "Three" : "Nine";
        await page.getByText(`${questions} questions, then your diary is ready.`).waitFor();
      }

      const turned = page.getByRole("switch", { name: "shared_shopping_list" });
      await turned.uncheck();
      await share.getByLabel("Flag").selectOption("shared_shopping_list");
      await share.getByText("The flag is off: nobody gets it").waitFor();
      await turned.check();
      await share.getByText(/^\d+ of 100 people get it$/).waitFor();
      await flagsOfPage.getByText("30 %").waitFor();
      expect(ada.complaints).toEqual([]);
    },
  );

  test("has pictures, which are made by npm run screenshot", longTimeout, async () => {
    const checkout = testCheckout();
    checkout.change(began, { ...flags, ...gradual });
    const out = temporaryDirectory();
    const files = ["screenshot.png", "rollout.png"].map((name) => path.join(out, name));
    const ran = await runDevelopmentTool("screenshot", ["--out", out], { in: checkout.directory });
    const stdout = files.map((file) => `Wrote ${file}\n`).join("");
    expect(ran).toEqual({ code: 0, stdout, stderr: "" });
    const committed = files.map((file) => path.join(top, "client/example", path.basename(file)));
    for (const file of [...files, ...committed]) {
      const picture = readFileSync(file);
      // The size is in the header: https://www.w3.org/TR/png-3/#11IHDR
      expect([picture.readUInt32BE(16), picture.readUInt32BE(20)]).toEqual([1_060, 664]);
      expect(picture.length).toBeLessThan(100_000);
    }
  });

  test("is started as client/README.md says", () => {
    const readme = readFileSync(path.join(top, "client/README.md"), "utf8");
    expect(readme).toMatch(
      /^\$ npm run --silent example\nOpen http:\/\/127\.0\.0\.1:8090\/#token=bnt_/m,
    );
  });

  test("names the reason if a port cannot be used", async () => {
    const ran = await runDevelopmentTool("example", ["--port", "http"], { in: top });
    expect(ran).toMatchObject({
      code: 2,
      stderr: `Cannot use --port "http": it must be a whole number from 0 to 65535\n  hint: bunting example --help\n`,
    });
  });
});

function switchOf(name: string): string {
  const checked = on.includes(name) ? " [checked]" : "";
  return `      - listitem:\n        - text: ${name}\n        - switch "${name}"${checked}`;
}
