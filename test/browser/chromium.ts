/**
 * Debian's Chromium, without a window:
 *
 *     apt-get install -y --no-install-recommends chromium
 */
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { findProgram, program } from "../s3/program.ts";

const installed = findProgram("chromium") !== undefined;
if (!installed && process.env.CI === "true") program("chromium");
if (!installed) {
  const cure = "apt-get install -y --no-install-recommends chromium";
  process.stderr.write(
    `\nSKIPPED, NOT TESTED: the browser, because Chromium is missing (${cure})\n`,
  );
}
export const describeWithChromium = describe.skipIf(!installed);

/** Chromium must send no requests to its vendor. */
const quiet = [
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
];

/** Starts Chromium. The caller closes it; if this process ends, Chromium ends too. */
export function launchChromium(args: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: program("chromium"),
    chromiumSandbox: false,
    args: [...quiet, ...args],
  });
}

/** A browser whose tabs share one storage. */
export interface Visitor {
  readonly context: BrowserContext;
  /** Opens a tab and waits until the scripts of the page have run. */
  open(url: string): Promise<Page>;
  /**
   * The errors and warnings in the console, and the exceptions. Chromium's own messages about failed
   * requests are left out, because a page cannot prevent them.
   */
  readonly complaints: string[];
}

/** One Chromium for the tests of a file. Each visitor is closed at the end of its test. */
export function useChromium(args: readonly string[] = []): { visitor(): Promise<Visitor> } {
  let browser: Browser | undefined;
  const contexts: BrowserContext[] = [];
  beforeAll(async () => {
    browser = await launchChromium(args);
  });
  afterEach(async () => {
    await Promise.all(contexts.splice(0).map((context) => context.close()));
  });
  afterAll(() => browser?.close());
  return {
    async visitor() {
      if (browser === undefined) throw new Error("Cannot open a page: Chromium is not there");
      const context = await browser.newContext();
      contexts.push(context);
      return createVisitor(context);
    },
  };
}

function createVisitor(context: BrowserContext): Visitor {
  const complaints: string[] = [];
  context.on("console", (message) => {
    const isNetwork = message.text().startsWith("Failed to load resource:");
    const isComplaint = ["error", "warning"].includes(message.type()) && !isNetwork;
    if (isComplaint) complaints.push(message.text());
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
  return {
    context,
    complaints,
    async open(url) {
      const page = await context.newPage();
      await page.goto(url);
      return page;
    },
  };
}
