/** Faults of the source and of the storage: the client keeps its flags, has a reason, and continues. */
import type { RequestListener } from "node:http";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Failure, FlagStorage, Flags } from "../../client/core/types.ts";
import { clientsForTests, storageWith } from "./clients.ts";
import { hang, json, list, respond, type Source, startSource } from "./source.ts";

const create = clientsForTests();
const good = list({ meal_planning: true }, 5);
const text = JSON.stringify(good);
let source: Source;
beforeEach(async () => {
  source = await startSource(json(good));
  vi.spyOn(console, "warn").mockReturnValue();
});
afterEach(() => source[Symbol.asyncDispose]());

const faults: readonly (readonly [string, RequestListener, Failure])[] = [
  [
    "a connection that is closed before the response",
    (request) => request.socket.destroy(),
    "network",
  ],
  ["a body that breaks off", closeEarly, "network"],
  ["500 with a valid list", respond(500, "application/json", text), "status"],
  ["404", respond(404, "application/problem+json", "{}"), "status"],
  ["204", (_request, response) => response.writeHead(204).end(), "content_type"],
  [
    "304 to an unconditional request",
    (_request, response) => response.writeHead(304).end(),
    "status",
  ],
  ["a login page", respond(200, "text/html", "<h1>Sign in</h1>"), "content_type"],
  [
    "a valid list without a content type",
    (_request, response) => response.end(text),
    "content_type",
  ],
  ["a login page with a JSON content type", json("<h1>Sign in</h1>"), "malformed"],
  ["an empty body", json(""), "malformed"],
  ["half a list", json(text.slice(0, -9)), "malformed"],
  ["bytes that are not UTF-8", json("\u00ff\u00fe"), "malformed"],
  ["null", json("null"), "malformed"],
  ["a string", json('"ok"'), "malformed"],
  ["a list of lists", json([[]]), "malformed"],
  ["900,000 open brackets", json("[".repeat(900_000)), "malformed"],
  [
    "nested lists instead of flags",
    json(withFlags(`${"[".repeat(90_000)}${"]".repeat(90_000)}`)),
    "malformed",
  ],
  ["no flags", json({ ...good, flags: undefined }), "malformed"],
  ["a list of flags", json({ ...good, flags: [true] }), "malformed"],
  ["a string instead of flags", json({ ...good, flags: "" }), "malformed"],
  ["null instead of flags", json({ ...good, flags: null }), "malformed"],
  ["a string as a value", json({ ...good, flags: { meal_planning: "true" } }), "malformed"],
  ["null as a value", json({ ...good, flags: { meal_planning: null } }), "malformed"],
  ["1 as a value", json({ ...good, flags: { meal_planning: 1 } }), "malformed"],
  ["an object as a value", json({ ...good, flags: { a: { b: true } } }), "malformed"],
  ["a name with a space", json({ ...good, flags: { "meal planning": true } }), "malformed"],
  ["no environment", json({ ...good, environment: undefined }), "malformed"],
  ["a number as environment", json({ ...good, environment: 1 }), "malformed"],
  ["no updated_at", json({ ...good, updated_at: undefined }), "malformed"],
  ["a number as updated_at", json({ ...good, updated_at: 1_767_268_800 }), "malformed"],
  [
    "an updated_at that is no date",
    json({ ...good, updated_at: "2026-99-05T12:00:00Z" }),
    "malformed",
  ],
  [
    "an updated_at in the year 10000",
    json({ ...good, updated_at: "+010000-01-01T00:00:00Z" }),
    "malformed",
  ],
  ["another environment", json({ ...good, environment: "staging" }), "environment"],
  ["an older list", json(list({ meal_planning: false }, 4)), "older"],
];

/** An older list is no fault as the first response. */
const firstFaults = faults.filter(([, , reason]) => reason !== "older");

test.each(firstFaults)(
  "%s as the first response: no flags, the reason, and ready resolves",
  async (_name, fault, reason) => {
    source.answer = fault;
    const flags = create({ url: source.url, environment: "application" });
    await flags.ready;
    expect(flags.state).toEqual({ status: "stale", age: null, reason });
    expect(flags.all()).toEqual({});
    expect(flags.isEnabled("meal_planning", true)).toBe(true);
  },
);

test.each(faults)(
  "%s later: the flags stay, with the reason, and the next valid list is accepted",
  async (_name, fault, reason) => {
    const flags = create({ url: source.url, environment: "application" });
    await flags.ready;
    const all = flags.all();
    source.answer = fault;
    await flags.refresh();
    expect(flags.state).toEqual({ status: "stale", age: expect.any(Number), reason });
    expect(flags.all()).toBe(all);
    source.answer = json(list({ meal_planning: false }, 6));
    await flags.refresh();
    expect(flags.state).toEqual({ status: "ready", age: 0, reason: null });
    expect(flags.isEnabled("meal_planning", true)).toBe(false);
  },
);

test("a source that refuses connections: reason network", async () => {
  const { url } = source;
  await source[Symbol.asyncDispose]();
  const flags = create({ url });
  await flags.ready;
  expect(flags.state).toEqual({ status: "stale", age: null, reason: "network" });
});

test.each(["not a url", "http://", "data:text/html,hello", "/relative"])(
  "the URL %j: no flags and no exception",
  async (url) => {
    const flags = create({ url });
    await flags.ready;
    expect(flags.state.status).toBe("stale");
  },
);

test("a body of 50 MB is not read to its end", async () => {
  const sent = { bytes: 0, isCut: false };
  source.answer = sendBody(sent, 50_000_000);
  const flags = create({ url: source.url });
  await flags.ready;
  expect(flags.state.reason).toBe("too_large");
  await vi.waitFor(() => expect(sent.isCut).toBe(true));
  expect(sent.bytes).toBeLessThan(20_000_000);
});

test("the body of an error response is not read to its end", async () => {
  const sent = { bytes: 0, isCut: false };
  source.answer = sendBody(sent, 50_000_000, 500);
  const flags = create({ url: source.url });
  await flags.ready;
  expect(flags.state.reason).toBe("status");
  await vi.waitFor(() => expect(sent.isCut).toBe(true));
  expect(sent.bytes).toBeLessThan(20_000_000);
});

test("a list of 10,000 flags is accepted", async () => {
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`flag_${at}`, true]));
  source.answer = json(list(many));
  const flags = create({ url: source.url });
  await flags.ready;
  expect(flags.state.reason).toBeNull();
  expect(flags.isEnabled("flag_9999")).toBe(true);
});

// Fake timers, so that the test does not wait for five seconds.
describe.each([
  ["a source that does not respond", hang],
  ["a body that does not end", trickle],
])("%s", (_name, answer) => {
  test("is aborted after five seconds", async () => {
    source.answer = answer;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
    try {
      const flags = create({ url: source.url });
      flags.start();
      await vi.waitFor(() => expect(source.requests).toHaveLength(1));
      vi.advanceTimersByTime(4_999);
      expect(flags.state.status).toBe("loading");
      vi.advanceTimersByTime(1);
      await flags.ready;
      expect(flags.state).toEqual({ status: "stale", age: null, reason: "timeout" });
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("an older list", () => {
  const [morning, noon] = ["Mon, 05 Jan 2026 08:00:00 GMT", "Mon, 05 Jan 2026 12:00:00 GMT"];

  function written(at: string | undefined, source: unknown): RequestListener {
    return (request, response) => {
      if (at !== undefined) response.setHeader("Last-Modified", at);
      json(source)(request, response);
    };
  }

  async function goBack(first: string | undefined, then: string | undefined): Promise<Flags> {
    source.answer = written(first, good);
    const flags = create({ url: source.url });
    await flags.ready;
    source.answer = written(then, list({ meal_planning: false }, 4));
    await flags.refresh();
    return flags;
  }

  test.each([
    [undefined, undefined],
    [undefined, noon],
    [morning, undefined],
    [morning, morning],
    [noon, morning],
    [noon, "yesterday"],
  ])(
    "is refused if it was written %s, then %s, because a cache may lag behind",
    async (first, then) => {
      const flags = await goBack(first, then);
      expect(flags.state.reason).toBe("older");
      expect(flags.isEnabled("meal_planning")).toBe(true);
    },
  );

  test.each([
    [86_400_000, "older"],
    [101_000_000, null],
  ])("%i ms after the held list: reason %s", async (age, reason) => {
    const now = vi.spyOn(Date, "now").mockReturnValue(Date.now() - age);
    const flags = create({ url: source.url });
    await flags.ready;
    now.mockRestore();
    source.answer = json(list({ meal_planning: false }, 4));
    await flags.refresh();
    expect(flags.state.reason).toBe(reason);
    expect(flags.isEnabled("meal_planning")).toBe(reason !== null);
  });

  test("is accepted if it was written later, as after a rollback", async () => {
    const flags = await goBack(morning, noon);
    expect(flags.state.reason).toBeNull();
    expect(flags.isEnabled("meal_planning")).toBe(false);
  });

  test("replaces a stored one if it was written later", async () => {
    (await goBack(noon, noon)).close();
    source.answer = written("Mon, 05 Jan 2026 12:00:01 GMT", list({ meal_planning: false }, 4));
    const flags = create({ url: source.url });
    await flags.ready;
    await flags.refresh();
    expect(flags.isEnabled("meal_planning")).toBe(false);
  });

  test("does not replace a bootstrap", async () => {
    source.answer = json(list({ meal_planning: true }, 4));
    const flags = create({ url: source.url, bootstrap: list({ meal_planning: false }, 5) });
    await flags.refresh();
    expect(flags.state).toEqual({ status: "stale", age: null, reason: "older" });
    expect(flags.isEnabled("meal_planning")).toBe(false);
  });
});

describe("a list that is dated in the future", () => {
  const years = (count: number) =>
    new Date(Date.now() + count * 31_557_600_000).toISOString().replace(/\.\d+/, "");

  test.each(["2099-01-01T00:00:00Z", years(2), years(0.001)])(
    "%s: the next list with a correct date replaces it",
    async (updated_at) => {
      const storage = storageWith();
      source.answer = json({ ...good, updated_at });
      const before = create({ url: source.url, storage });
      await before.ready;
      expect(before.isEnabled("meal_planning")).toBe(true);
      source.answer = json(list({ meal_planning: false }, 6));
      await before.refresh();
      expect(before.state).toEqual({ status: "ready", age: 0, reason: null });
      expect(before.isEnabled("meal_planning")).toBe(false);
    },
  );

  test("is replaced on the next visit, too, if it was stored", async () => {
    const storage = storageWith();
    source.answer = json({ ...good, updated_at: "2099-01-01T00:00:00Z" });
    await create({ url: source.url, storage }).ready;
    source.answer = json(list({ meal_planning: false }, 6));
    const next = create({ url: source.url, storage });
    expect(next.isEnabled("meal_planning")).toBe(true);
    await next.refresh();
    expect(next.isEnabled("meal_planning")).toBe(false);
  });

  test("is accepted if the clock of this device is years behind", async () => {
    const now = Date.now();
    vi.spyOn(Date, "now").mockImplementation(() => now - 315_576_000_000);
    const flags = create({ url: source.url });
    await flags.ready;
    source.answer = json(list({ meal_planning: false }, 6));
    await flags.refresh();
    expect(flags.state).toEqual({ status: "ready", age: 0, reason: null });
    expect(flags.isEnabled("meal_planning")).toBe(false);
  });
});

describe("fields that the specification does not have", () => {
  const own = { at: 1e15, modified: 9e15, failure: "timeout" };

  test.each(Object.entries(own))("%s in a body is ignored", async (field, value) => {
    const onMetrics = vi.fn();
    source.answer = json({ ...good, [field]: value });
    const storage = storageWith();
    const flags = create({ url: source.url, storage, onMetrics });
    await flags.ready;
    expect(flags.state).toEqual({ status: "ready", age: 0, reason: null });
    const stored = JSON.parse(storage.entries.get(`bunting1:${source.url}`) ?? "");
    expect(stored).toEqual({ ...good, at: expect.any(Number), modified: null, failure: "" });
    expect(Math.abs(stored.at - Date.now())).toBeLessThan(60_000);
    await vi.waitFor(() => expect(onMetrics.mock.lastCall?.[0].fetches).toEqual({ ok: 1 }));
  });

  test("a body that claims a later time of writing does not keep an older list", async () => {
    source.answer = json(good);
    const flags = create({ url: source.url });
    await flags.ready;
    source.answer = json({ ...list({ meal_planning: false }, 4), ...own });
    await flags.refresh();
    expect(flags.state.reason).toBe("older");
    expect(flags.isEnabled("meal_planning")).toBe(true);
  });

  test("a body with only a failure is malformed", async () => {
    source.answer = json({ failure: "timeout" });
    const flags = create({ url: source.url });
    await flags.ready;
    expect(flags.state.reason).toBe("malformed");
  });

  test("a bootstrap is read like a body", async () => {
    source.answer = hang;
    const flags = create({ url: source.url, bootstrap: { ...good, ...own } as never });
    expect(flags.state).toEqual({ status: "ready", age: null, reason: null });
  });

  test("a stored copy from a clock that was years ahead is replaced by an older list", async () => {
    const stored = { ...good, at: Date.now() + 315_576_000_000, modified: null };
    const storage = storageWith({ [`bunting1:${source.url}`]: JSON.stringify(stored) });
    source.answer = json(list({ meal_planning: false }, 4));
    const flags = create({ url: source.url, storage });
    await flags.refresh();
    expect(flags.isEnabled("meal_planning", true)).toBe(false);
  });
});

describe("names of other teams", () => {
  test.each(["new-checkout", "NewCheckout", "NEW_CHECKOUT", "checkout.v2", "2fa", "_beta"])(
    "%s is accepted",
    async (name) => {
      source.answer = json({ ...list({ [name]: true }), environment: "eu-production" });
      const flags = create({ url: source.url, environment: "eu-production" });
      await flags.ready;
      expect(flags.isEnabled(name)).toBe(true);
    },
  );
});

test("a flag that is named __proto__ is an ordinary flag", async () => {
  source.answer = json(withFlags('{"__proto__":true,"meal_planning":true}'));
  const flags = create({ url: source.url });
  await flags.ready;
  expect(flags.isEnabled("__proto__")).toBe(true);
  expect(Object.keys(flags.all())).toEqual(["__proto__", "meal_planning"]);
  expect(flags.isEnabled("constructor")).toBe(false);
  expect(({} as Record<string, unknown>).meal_planning).toBeUndefined();
});

describe("storage", () => {
  const at = Date.now();
  const copy = JSON.stringify({ ...good, at });
  const poisons: Record<string, string> = {
    "not JSON": "{",
    empty: "",
    null: "null",
    "a number": "1",
    "500,000 open brackets": "[".repeat(500_000),
    "a string as a value": copy.replace("true", '"true"'),
    "a name with a space": copy.replace("meal_planning", "meal planning"),
    "no environment": copy.replace("application", ""),
    "another environment": copy.replace("application", "staging"),
  };

  test.each(Object.entries(poisons))(
    "a stored copy that is invalid (%s) is ignored",
    async (_name, value) => {
      const storage = storageWith({ [`bunting1:${source.url}`]: value });
      const flags = create({ url: source.url, storage, environment: "application" });
      expect(flags.state).toEqual({ status: "loading", age: null, reason: null });
      expect(flags.all()).toEqual({});
      await flags.ready;
      expect(flags.all()).toEqual({ meal_planning: true });
      expect(JSON.parse(storage.entries.get(`bunting1:${source.url}`) ?? "")).toMatchObject(good);
    },
  );

  test("a copy of another version is ignored", async () => {
    const storage = storageWith({ [`bunting2:${source.url}`]: copy });
    source.answer = hang;
    expect(create({ url: source.url, storage }).all()).toEqual({});
  });

  test.each([
    ["a correct clock", 0, 3_600],
    ["a clock that was ahead", 10_000_000, null],
    ["an unknown time", Number.NaN, null],
  ])("the age of a copy from an hour ago with %s", async (_name, off, age) => {
    const old = { ...good, at: Date.now() - 3_600_000 + off };
    const storage = storageWith({
      [`bunting1:${source.url}`]: JSON.stringify(old).replace('"at":null', '"at":"?"'),
    });
    source.answer = hang;
    const flags = create({ url: source.url, storage });
    expect(flags.all()).toEqual({ meal_planning: true });
    expect(flags.state).toEqual({ status: "ready", age, reason: null });
  });

  const broken = () => {
    throw new DOMException("The quota has been exceeded", "QuotaExceededError");
  };
  test.each<[string, FlagStorage]>([
    ["full", { getItem: () => null, setItem: broken }],
    ["denied", { getItem: broken, setItem: broken }],
    ["no storage at all", {} as FlagStorage],
  ])("storage is %s: the client continues in memory", async (_name, storage) => {
    const flags = create({ url: source.url, storage });
    await flags.ready;
    expect(flags.isEnabled("meal_planning")).toBe(true);
    source.answer = json(list({ meal_planning: false }, 6));
    await flags.refresh();
    expect(flags.isEnabled("meal_planning")).toBe(false);
    expect(flags.state.status).toBe("ready");
  });

  test("localStorage is the default, and the client works if reading it throws", async () => {
    const storage = storageWith();
    let isDenied = false;
    Object.defineProperty(globalThis, "localStorage", {
      configurable: true,
      get: () => (isDenied ? broken() : storage),
    });
    try {
      await create({ url: source.url, storage: undefined }).ready;
      expect([...storage.entries.keys()]).toEqual([`bunting1:${source.url}`]);
      isDenied = true;
      const flags = create({ url: source.url, storage: undefined });
      await flags.ready;
      expect(flags.isEnabled("meal_planning")).toBe(true);
    } finally {
      Reflect.deleteProperty(globalThis, "localStorage");
    }
  });
});

test("a copy from a service worker is accepted, with its age and the reason", async () => {
  const at = Date.now() - 7_200_000;
  source.answer = (request, response) => {
    response.setHeader("Date", new Date(at).toUTCString());
    response.setHeader("Bunting-Stale", "timeout");
    json(good)(request, response);
  };
  const flags = create({ url: source.url });
  await flags.ready;
  expect(flags.isEnabled("meal_planning")).toBe(true);
  expect(flags.state).toMatchObject({ status: "stale", reason: "timeout" });
  expect(flags.state.age).toBeGreaterThanOrEqual(7_200);
  expect(flags.state.age).toBeLessThan(7_260);
});

function closeEarly(...[, response]: Parameters<RequestListener>): void {
  response.writeHead(200, { "content-type": "application/json", "content-length": "999" });
  response.write('{"environment":', () => response.destroy());
}

function trickle(...[, response]: Parameters<RequestListener>): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.write('{"environment":');
}

function withFlags(flags: string): string {
  return text.replace(/"flags":\{.*?\}/, `"flags":${flags}`);
}

function sendBody(sent: { bytes: number; isCut: boolean }, size: number, status = 200) {
  const listener: RequestListener = (_request, response) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.on("close", () => {
      sent.isCut = !response.writableFinished;
    });
    const part = Buffer.alloc(65_536, " ");
    const send = () => {
      while (!response.destroyed && sent.bytes < size) {
        sent.bytes += part.length;
        if (!response.write(part)) return void response.once("drain", send);
      }
      response.end();
    };
    send();
  };
  return listener;
}
