/** Percentages, rules and variants in the client, with definitions over real HTTP. */
import type { RequestListener } from "node:http";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { createFlags, type RuleFlags, type RuleOptions } from "../../../client/rules.ts";
import type { Definitions } from "../../../schema/evaluate/definition.ts";
import { evaluate } from "../../../schema/evaluate/evaluate.ts";
import { clientsForTests, storageWith } from "../clients.ts";
import { openPage } from "../page.ts";
import { hang, json, list, respond, type Source, startSource } from "../source.ts";

const booleans = { dark_mode: true, new_checkout: false, beta: false, button: false, secret: true };
const definitions = {
  environment: "application",
  audiences: { staff: [["email", "ends_with", "@bunting.example"]] },
  flags: {
    dark_mode: { enabled: true },
    new_checkout: { enabled: true, rollout: 30 },
    beta: {
      enabled: true,
      rollout: 0,
      rules: [{ name: "staff", if: [["audience", "is", "staff"]], rollout: 100 }],
    },
    button: {
      enabled: true,
      variants: [
        ["green", "#00aa77"],
        ["orange", "#dd5500"],
      ],
    },
  },
} as unknown as Definitions & { environment: string };

let source: Source;
let lists: RequestListener;
let rules: RequestListener;
beforeEach(async () => {
  lists = json(list(booleans));
  rules = json(definitions);
  source = await startSource((request, response) =>
    (request.url === "/v1/definitions.json" ? rules : lists)(request, response),
  );
  vi.spyOn(console, "warn").mockReturnValue();
});
afterEach(() => source[Symbol.asyncDispose]());

const createClient = clientsForTests<RuleOptions, RuleFlags>(createFlags);
function create(options: Partial<RuleOptions> = {}): RuleFlags {
  return createClient({ url: source.url, rules: true, ...options });
}

async function created(options: Partial<RuleOptions> = {}): Promise<RuleFlags> {
  const client = create(options);
  await client.ready;
  return client;
}

describe("evaluation", () => {
  test("returns what the program's evaluator returns, for 1,000 callers and every flag", async () => {
    const flags = await created({ randomId: false });
    const differences: unknown[] = [];
    for (let user = 0; user < 1_000; user++) {
      const email = user % 3 === 0 ? `u${user}@bunting.example` : `u${user}@example.com`;
      const context = { targetingKey: `user-${user}`, email };
      flags.setContext(context);
      for (const name of Object.keys(definitions.flags)) {
        const expected = evaluate(definitions, name, context);
        const isOn = typeof expected.value === "boolean" ? expected.value : undefined;
        const isSame =
          JSON.stringify(flags.evaluate(name, undefined)) === JSON.stringify(expected) &&
          flags.variant(name, "none") === expected.variant &&
          flags.isEnabled(name) === (isOn ?? false) &&
          flags.all()[name] === (isOn ?? false);
        if (!isSame) differences.push({ name, context, expected });
      }
    }
    expect(differences).toEqual([]);
  });

  test("uses the list's boolean for a flag without a definition", async () => {
    const flags = await created();
    expect(flags.isEnabled("secret")).toBe(true);
    expect(flags.evaluate("secret", false)).toEqual({
      value: true,
      variant: "on",
      reason: "STATIC",
    });
  });

  test("uses the list's boolean for isEnabled() of a flag with other values", async () => {
    const flags = await created();
    expect(flags.isEnabled("button", true)).toBe(false);
  });

  test.each(["no_such_flag", "constructor", "__proto__"])(
    "returns the fallback for %s",
    async (name) => {
      const flags = await created();
      expect(flags.isEnabled(name, true)).toBe(true);
      expect(flags.variant(name, "blue")).toBe("blue");
      expect(flags.evaluate(name, 7)).toEqual({
        value: 7,
        reason: "ERROR",
        errorCode: "FLAG_NOT_FOUND",
      });
    },
  );

  test("returns the fallback for another type", async () => {
    const flags = await created();
    const mismatch = { reason: "ERROR", errorCode: "TYPE_MISMATCH" };
    expect(flags.evaluate("button", 7)).toEqual({ value: 7, ...mismatch });
    expect(flags.evaluate("dark_mode", "x")).toEqual({ value: "x", ...mismatch });
  });

  test("never throws, for any context", async () => {
    const flags = await created();
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    for (const context of [
      null,
      undefined,
      {},
      cyclic,
      { targetingKey: 1n },
      { targetingKey: Symbol() },
      { email: {} },
    ]) {
      flags.setContext(context);
      expect(flags.isEnabled("dark_mode")).toBe(true);
      expect(flags.isEnabled("beta")).toBe(false);
    }
  });
});

describe("setContext()", () => {
  test("calls listeners if a flag changes for the caller, and only then", async () => {
    const flags = await created();
    const listener = vi.fn();
    flags.subscribe(listener);
    flags.setContext({ targetingKey: "u1", email: "ada@example.com" });
    const before = listener.mock.calls.length;
    flags.setContext({ targetingKey: "u1", email: "ada@bunting.example" });
    expect(listener).toHaveBeenCalledTimes(before + 1);
    expect(flags.isEnabled("beta")).toBe(true);
    const all = flags.all();
    flags.setContext({ targetingKey: "u1", email: "ada@bunting.example", irrelevant: 1 });
    expect(listener).toHaveBeenCalledTimes(before + 1);
    expect(flags.all()).toBe(all);
  });

  test("works before the definitions have arrived", async () => {
    const flags = create();
    flags.setContext({ targetingKey: "u1", email: "ada@bunting.example" });
    expect(flags.isEnabled("beta")).toBe(false);
    await flags.ready;
    expect(flags.isEnabled("beta")).toBe(true);
  });
});

describe("definitions", () => {
  test("are fetched with each list, and listeners are called if only they have changed", async () => {
    const flags = await created({ context: { targetingKey: "u1" } });
    expect(flags.isEnabled("new_checkout")).toBe(
      evaluate(definitions, "new_checkout", { targetingKey: "u1" }).value,
    );
    const listener = vi.fn();
    flags.subscribe(listener);
    for (const enabled of [false, true, false]) {
      rules = json({ ...definitions, flags: { new_checkout: { enabled } } });
      await flags.refresh();
      expect(flags.isEnabled("new_checkout")).toBe(enabled);
    }
    expect(listener.mock.calls.length).toBeGreaterThanOrEqual(2);
    expect(source.requests.map(({ url }) => url)).toEqual(
      Array.from({ length: 4 }, () => ["/v1/feature-flags/", "/v1/definitions.json"]).flat(),
    );
  });

  test("are stored with the list: the next visit starts with them", async () => {
    const storage = storageWith();
    const context = { targetingKey: "u1", email: "ada@bunting.example" };
    (await created({ storage, context })).close();
    lists = hang;
    rules = hang;
    const flags = create({ storage, context });
    expect(flags.variant("button", "none")).toMatch(/green|orange/);
    // A rule of this flag compares: `compare.js` is loaded first.
    await flags.ready;
    expect(flags.isEnabled("beta")).toBe(true);
    expect(flags.state.status).toBe("ready");
  });

  test("stay stored if the next visit has a bootstrap and no network", async () => {
    const storage = storageWith();
    const context = { targetingKey: "u1", email: "ada@bunting.example" };
    (await created({ storage, context })).close();
    lists = respond(503, "text/plain", "");
    rules = lists;
    const second = create({ storage, context, bootstrap: list(booleans) });
    await second.refresh();
    const third = create({ storage, context });
    expect(third.variant("button", "none")).toMatch(/green|orange/);
  });

  test.each<[string, RequestListener, string]>([
    ["an error", respond(500, "text/plain", ""), "status"],
    ["a login page", respond(200, "text/html", "<h1>Sign in</h1>"), "content_type"],
    ["half a document", json(JSON.stringify(definitions).slice(0, -9)), "malformed"],
    ["a list", json(list({ dark_mode: false, beta: true })), "malformed"],
    ["another environment", json({ ...definitions, environment: "staging" }), "malformed"],
    ["flags that are no objects", json({ environment: "application", flags: [1] }), "malformed"],
    ["null", json("null"), "malformed"],
  ])(
    "%s instead of them: the held ones stay, and the state says why",
    async (_name, fault, reason) => {
      const context = { targetingKey: "u1", email: "ada@bunting.example" };
      const flags = await created({ context, environment: "application" });
      rules = fault;
      await flags.refresh();
      expect(flags.isEnabled("beta")).toBe(true);
      expect(flags.state).toMatchObject({ status: "stale", reason });
      rules = json(definitions);
      await flags.refresh();
      expect(flags.state).toMatchObject({ status: "ready", reason: null });
    },
  );

  test("that are not published: the booleans of the list, and one hint", async () => {
    rules = respond(404, "application/problem+json", "{}");
    const flags = await created({ context: { email: "ada@bunting.example" } });
    expect(flags.isEnabled("dark_mode")).toBe(true);
    expect(flags.isEnabled("beta")).toBe(false);
    await flags.refresh();
    await vi.waitFor(() => {
      expect(vi.mocked(console.warn).mock.calls.flat()).toEqual([
        expect.stringMatching(
          /definitions\.json is not published\. Write publish: \{ definitions: true \}/,
        ),
      ]);
    });
  });

  test("that the evaluator cannot read affect one flag only", async () => {
    const broken = {
      enabled: true,
      rules: [{ name: "a", if: [["audience", "is", "gone"]], rollout: 100 }],
    };
    rules = json({ ...definitions, flags: { ...definitions.flags, secret: broken } });
    const flags = await created();
    expect(flags.isEnabled("secret")).toBe(true);
    expect(flags.isEnabled("dark_mode")).toBe(true);
  });

  test("reach other tabs with the list", async () => {
    using _page = openPage();
    const context = { targetingKey: "u1" };
    const [one, other] = [await created({ context }), await created({ context })];
    rules = json({ ...definitions, flags: { new_checkout: { enabled: true } } });
    const before = source.requests.length;
    await one?.refresh();
    await vi.waitFor(() => expect(other?.isEnabled("new_checkout")).toBe(true));
    expect(source.requests).toHaveLength(before + 2);
  });

  test("are fetched if a list arrives without them, as over the event stream", async () => {
    using _page = openPage();
    const flags = await created({ context: { targetingKey: "u1" } });
    rules = json({ ...definitions, flags: { new_checkout: { enabled: true } } });
    lists = json(list(booleans, 2));
    const channel = new BroadcastChannel(`bunting1:${source.url}`);
    channel.postMessage({ ...list(booleans, 2), at: Date.now() });
    await vi.waitFor(() => expect(flags.isEnabled("new_checkout")).toBe(true));
    channel.close();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(source.requests).toHaveLength(4);
  });
});

describe("a caller without an id", () => {
  const half = {
    environment: "application",
    flags: { new_checkout: { enabled: true, rollout: 50 } },
  };

  test("gets a random id, which is stored and used on the next visit", async () => {
    rules = json(half);
    const storage = storageWith();
    await created({ storage });
    const id = storage.entries.get("bunting-id");
    expect(id).toMatch(/^\d{10,}$/);
    const flags = await created({ storage, context: { country: "SE" } });
    const expected = evaluate(half, "new_checkout", { targetingKey: id });
    expect(flags.evaluate("new_checkout", false)).toEqual(expected);
    expect(storage.entries.get("bunting-id")).toBe(id);
  });

  test("is outside of percentages with randomId: false, and nothing is stored", async () => {
    rules = json({ ...half, flags: { new_checkout: { enabled: true, rollout: 99 } } });
    const storage = storageWith();
    const flags = await created({ storage, randomId: false });
    expect(flags.evaluate("new_checkout", true)).toMatchObject({ value: false, reason: "DEFAULT" });
    expect(storage.entries.has("bunting-id")).toBe(false);
  });

  test("gets no id while there are no definitions", async () => {
    rules = respond(404, "application/problem+json", "{}");
    const storage = storageWith();
    const flags = await created({ storage });
    flags.setContext({ country: "SE" });
    expect(storage.entries.has("bunting-id")).toBe(false);
  });

  test("keeps its id if the application removes the stored one, until the next context", async () => {
    rules = json(half);
    const storage = storageWith();
    const flags = await created({ storage });
    const { value } = flags.evaluate("new_checkout", false);
    storage.entries.delete("bunting-id");
    await flags.refresh();
    expect(flags.evaluate("new_checkout", false).value).toBe(value);
    expect(storage.entries.has("bunting-id")).toBe(false);
  });

  test("an id of the application is used instead", async () => {
    const storage = storageWith();
    await created({ storage, context: { targetingKey: "u1" } });
    expect(storage.entries.has("bunting-id")).toBe(false);
  });
});

describe("onExposure", () => {
  test("is called once per caller and variant, only for what rules and percentages give", async () => {
    const onExposure = vi.fn();
    const context = { targetingKey: "u1", email: "ada@bunting.example" };
    const flags = await created({ context, onExposure });
    expect(onExposure).not.toHaveBeenCalled();
    for (let time = 0; time < 3; time++) {
      flags.isEnabled("dark_mode");
      flags.isEnabled("beta");
      flags.variant("button", "none");
      flags.evaluate("button", "");
      flags.peek("new_checkout", false);
    }
    const variant = flags.variant("button", "none");
    expect(onExposure.mock.calls).toEqual([
      ["beta", "on", context],
      ["button", variant, context],
    ]);
    flags.setContext({ ...context, targetingKey: "u2" });
    flags.isEnabled("beta");
    expect(onExposure).toHaveBeenLastCalledWith("beta", "on", { ...context, targetingKey: "u2" });
    flags.setContext({ ...context, targetingKey: "u2", email: "" });
    flags.isEnabled("beta");
    expect(onExposure).toHaveBeenCalledTimes(3);
  });

  test("may throw", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const onExposure = vi.fn(() => {
      throw new Error("A bug in onExposure");
    });
    const flags = await created({ context: { email: "ada@bunting.example" }, onExposure });
    expect(flags.isEnabled("beta")).toBe(true);
    expect(console.error).toHaveBeenCalledWith(new Error("A bug in onExposure"));
  });
});

test("outside of a page nothing happens before the first use", async () => {
  const flags = create({ context: { targetingKey: "u1" } });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(source.requests).toHaveLength(0);
  await flags.ready;
  expect(source.requests).toHaveLength(2);
  flags.close();
  await flags.refresh();
  expect(source.requests).toHaveLength(2);
  flags.start();
  await flags.refresh();
  expect(source.requests).toHaveLength(4);
});
