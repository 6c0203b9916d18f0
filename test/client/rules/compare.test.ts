/** Rules that compare versions, numbers or texts: a page loads the comparison only if it needs it. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createFlags, type RuleFlags, type RuleOptions } from "../../../client/rules.ts";
import type { Context } from "../../../schema/evaluate/context.ts";
import type { Condition } from "../../../schema/evaluate/definition.ts";
import { clientsForTests, storageWith } from "../clients.ts";
import { json, list, respond, type Source, startSource } from "../source.ts";

const chunk = "../../../client/rules/compare.ts";
const definitions = {
  environment: "application",
  flags: {
    /** A flag for everybody except users of old versions, so it is `false` in the list. */
    new_checkout: {
      enabled: true,
      rules: [{ name: "old", if: [["app_version", "<", "4.2.0"]], rollout: 0 }],
    },
    /** A flag for users of new versions only. */
    meal_photos: {
      enabled: true,
      rollout: 0,
      rules: [{ name: "new", if: [["app_version", ">=", "4.2.0"]], rollout: 100 }],
    },
    dark_mode: { enabled: true },
    needs_checkout: { enabled: true, requires: ["new_checkout"] },
  },
};
const booleans = list({
  new_checkout: false,
  meal_photos: false,
  dark_mode: true,
  needs_checkout: false,
});
const all = { new_checkout: true, meal_photos: true, dark_mode: true, needs_checkout: true };
const current = { targetingKey: "u1", app_version: "4.3.0" };
const old = { targetingKey: "u1", app_version: "4.1.9" };

let source: Source;
let rules = json(definitions);
beforeEach(async () => {
  rules = json(definitions);
  source = await startSource((request, response) =>
    (request.url === "/v1/definitions.json" ? rules : json(booleans))(request, response),
  );
  vi.spyOn(console, "warn").mockReturnValue();
});
afterEach(async () => {
  vi.doUnmock(chunk);
  await source[Symbol.asyncDispose]();
});

const createClient = clientsForTests<RuleOptions, RuleFlags>(createFlags);
function create(options: Partial<RuleOptions> = {}): RuleFlags {
  return createClient({ url: source.url, ...options });
}

/** Waits for pending promises and messages. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("ready", () => {
  test("waits for the comparison if definitions from the network need it", async () => {
    const flags = create({ context: current });
    await flags.ready;
    expect(flags.all()).toEqual(all);
    flags.setContext(old);
    expect(flags.all()).toEqual(booleans.flags);
  });

  test("waits for it if the stored definitions need it, and then calls listeners", async () => {
    const storage = storageWith();
    const first = create({ storage, context: current });
    await first.ready;
    first.close();
    rules = respond(500, "text/plain", "");
    const flags = create({ storage, context: current });
    const listener = vi.fn();
    flags.subscribe(listener);
    expect(flags.all()).toEqual(booleans.flags);
    await flags.ready;
    expect(flags.all()).toEqual(all);
    expect(listener).toHaveBeenCalled();
  });

  test("resolves after five seconds if the comparison is still loading, which then takes effect", async () => {
    let deliver = (_module: object) => {};
    const delivered = new Promise<object>((resolve) => {
      deliver = resolve;
    });
    vi.doMock(chunk, () => delivered);
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const flags = create({ context: current });
    try {
      let isReady = false;
      void flags.ready.then(() => {
        isReady = true;
      });
      // vi.waitFor() would advance the fake timers.
      while (flags.state.status === "loading") await nextTurn();
      vi.advanceTimersByTime(4_999);
      await nextTurn();
      expect(isReady).toBe(false);
      vi.advanceTimersByTime(1);
      await nextTurn();
      expect(isReady).toBe(true);
      expect(flags.all()).toEqual(booleans.flags);
    } finally {
      vi.useRealTimers();
    }
    deliver({ compare: () => true });
    await vi.waitFor(() => expect(flags.isEnabled("meal_photos")).toBe(true));
  });
});

test.each<[string, Condition, Context, Context]>([
  ["a number", ["age", "min", 18], { age: 18 }, { age: 17 }],
  ["the end of a text", ["email", "ends_with", "@a.example"], { email: "x@a.example" }, {}],
])("%s is compared for the caller", async (_name, condition, inside, outside) => {
  const rule = { name: "some", if: [condition], rollout: 100 };
  rules = json({
    environment: "application",
    flags: { meal_photos: { enabled: true, rollout: 0, rules: [rule] } },
  });
  const flags = create({ context: { targetingKey: "u1", ...inside } });
  await flags.ready;
  expect(flags.isEnabled("meal_photos")).toBe(true);
  flags.setContext({ targetingKey: "u1", ...outside });
  expect(flags.isEnabled("meal_photos")).toBe(false);
});

test.each([current, old])(
  "if the comparison cannot be loaded, flags that need it have the boolean of the list: %j",
  async (context) => {
    vi.doMock(chunk, () => {
      throw new Error("the module is gone");
    });
    const flags = create({ context });
    await flags.ready;
    expect(flags.all()).toEqual(booleans.flags);
    expect(flags.isEnabled("new_checkout", true)).toBe(false);
    expect(flags.evaluate("new_checkout", true)).toMatchObject({ value: false, variant: "off" });
    expect(console.warn).toHaveBeenCalledWith("Bunting: cannot load compare.js", expect.any(Error));
    await flags.refresh();
    await flags.ready;
    expect(console.warn).toHaveBeenCalledTimes(1);
    vi.doUnmock(chunk);
    await flags.refresh();
    await flags.ready;
    expect(flags.isEnabled("new_checkout")).toBe(context === current);
  },
);

test("until the comparison is loaded, a flag with variants is the fallback, not on or off", async () => {
  vi.doMock(chunk, () => {
    throw new Error("the module is gone");
  });
  const variants = [
    ["green", "#00aa77"],
    ["orange", "#dd5500"],
  ];
  const { rules: compared } = definitions.flags.meal_photos;
  rules = json({
    environment: "application",
    flags: { meal_photos: { enabled: true, rollout: 0, rules: compared, variants } },
  });
  const flags = create({ context: current });
  await flags.ready;
  expect(flags.variant("meal_photos", "green")).toBe("green");
  expect(flags.evaluate("meal_photos", "#0000ff")).toEqual({
    value: "#0000ff",
    reason: "ERROR",
    errorCode: "FLAG_NOT_FOUND",
  });
  vi.doUnmock(chunk);
  await flags.refresh();
  await flags.ready;
  expect(flags.variant("meal_photos", "green")).toBe("orange");
});

test.each([
  ["is loaded", () => ({ compare: () => true })],
  [
    "cannot be loaded",
    () => {
      throw new Error("the module is gone");
    },
  ],
])("no timer is left when the comparison %s, so Node can exit", async (_case, load) => {
  vi.doMock(chunk, load);
  const started = vi.spyOn(globalThis, "setTimeout");
  const cleared = vi.spyOn(globalThis, "clearTimeout");
  await create({ context: current }).ready;
  const timers = started.mock.results
    .filter((_, at) => started.mock.calls[at]?.[1] === 5_000)
    .map(({ value }) => value);
  expect(timers.length).toBeGreaterThanOrEqual(3);
  const done = new Set<unknown>(cleared.mock.calls.map(([timer]) => timer));
  expect(timers.filter((timer) => !done.has(timer)).length).toBe(0);
});
