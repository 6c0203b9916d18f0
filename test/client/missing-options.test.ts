/** Calls from JavaScript without options, or without a required one. TypeScript refuses these calls. */
import { createElement as h } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BuntingProvider } from "../../client/openfeature.ts";
import { BuntingServerProvider } from "../../client/openfeature-server.ts";
import { FlagsProvider, useFlag } from "../../client/react.ts";
import { serveFlags } from "../../client/worker.ts";

function Page() {
  return h("p", null, String(useFlag("meal_planning", true)));
}

beforeEach(() => {
  vi.spyOn(console, "warn").mockReturnValue();
});
afterEach(() => vi.restoreAllMocks());

describe.each([undefined, {}])("with %j", (options) => {
  test.each(["flags", "rules"])(
    "createFlags() of %s has no flags, and the console says what to pass",
    async (module) => {
      vi.resetModules();
      const { createFlags } = await import(`../../client/${module}.ts`);
      const flags = createFlags(options);
      await flags.ready;
      expect(flags.isEnabled("meal_planning", true)).toBe(true);
      expect(flags.state).toMatchObject({ status: "stale", reason: "network" });
      await vi.waitFor(() => {
        expect(vi.mocked(console.warn).mock.calls.flat()).toEqual([
          expect.stringMatching(/there is no url\. Pass one: createFlags\(\{ url: "https:/),
        ]);
      });
      flags.close();
    },
  );

  test("serveFlags() says what to pass", () => {
    expect(() => serveFlags(options as never)).toThrow(
      'Cannot serve flags: there is no url. Pass one: serveFlags({ url: "https:',
    );
  });

  test("BuntingServerProvider says what to pass when it is initialized", async () => {
    const provider = new BuntingServerProvider(options as never);
    await expect(provider.initialize()).rejects.toThrow(
      'Cannot read flags: there is no url and no directory. Pass one: new BuntingServerProvider({ url: "https:',
    );
    await provider.onClose();
  });
});

test("BuntingProvider without flags says what to pass", () => {
  expect(() => new BuntingProvider(undefined as never)).toThrow(
    "Cannot provide flags: there are none. Pass them: new BuntingProvider(createFlags({ url }))",
  );
});

test("FlagsProvider without flags renders every fallback", () => {
  const page = h(FlagsProvider, { flags: undefined as never }, h(Page));
  expect(renderToString(page)).toBe("<p>true</p>");
});
