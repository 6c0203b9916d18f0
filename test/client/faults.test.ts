/** What a source may do, and a storage: the client keeps what it has, says why, and goes on. */
import type { RequestListener } from "node:http";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Failure, FlagStorage, Flags } from "../../client/types.ts";
import { clientsForTests, storageWith } from "./clients.ts";
import { hang, json, list, respond, type Source, startSource } from "./source.ts";

const create = clientsForTests();
const good = list({ meal_planning: true }, 5);
const text = JSON.stringify(good);
let source: Source;
beforeEach(async () => {
  source = await startSource(json(good));
  vi.spyOn(console, "log").mockReturnValue();
});
afterEach(() => source[Symbol.asyncDispose]());

const faults: readonly (readonly [string, RequestListener, Failure])[] = [
  ["a connection that is refused half-way", (request) => request.socket.destroy(), "network"],
  ["a body that breaks off", breakOff, "network"],
  ["500 with a good list", respond(500, "application/json", text), "status"],
  ["404", respond(404, "application/problem+json", "{}"), "status"],
  ["204", (_request, response) => response.writeHead(204).end(), "content_type"],
  ["304, which nobody asked for", (_request, response) => response.writeHead(304).end(), "status"],
  ["a login page", respond(200, "text/html", "<h1>Sign in</h1>"), "content_type"],
  ["a good list without a type", (_request, response) => response.end(text), "content_type"],
  ["a login page called JSON", json("<h1>Sign in</h1>"), "malformed"],
  ["nothing", json(""), "malformed"],
  ["half a list", json(text.slice(0, -9)), "malformed"],
  ["bytes that are no text", json("\u00ff\u00fe"), "malformed"],
  ["null", json("null"), "malformed"],
  ["a text", json('"ok"'), "malformed"],
  ["a list of lists", json([[]]), "malformed"],
  ["a mountain of brackets", json("[".repeat(900_000)), "malformed"],
  [
    "brackets for flags",
    json(withFlags(`${"[".repeat(90_000)}${"]".repeat(90_000)}`)),
    "malformed",
  ],
  ["no flags", json({ ...good, flags: undefined }), "malformed"],
  ["flags in a list", json({ ...good, flags: [true] }), "malformed"],
  ["flags as a text", json({ ...good, flags: "" }), "malformed"],
  ["flags as null", json({ ...good, flags: null }), "malformed"],
  ["text for a flag", json({ ...good, flags: { meal_planning: "true" } }), "malformed"],
  ["null for a flag", json({ ...good, flags: { meal_planning: null } }), "malformed"],
  ["1 for a flag", json({ ...good, flags: { meal_planning: 1 } }), "malformed"],
  ["a flag in a flag", json({ ...good, flags: { a: { b: true } } }), "malformed"],
  ["an odd name", json({ ...good, flags: { "meal planning": true } }), "malformed"],
  ["a name that begins oddly", json(withFlags('{"__proto__":true}')), "malformed"],
  ["no environment", json({ ...good, environment: undefined }), "malformed"],
  ["a number for an environment", json({ ...good, environment: 1 }), "malformed"],
  ["no time", json({ ...good, updated_at: undefined }), "malformed"],
  ["a number for a time", json({ ...good, updated_at: 1_767_268_800 }), "malformed"],
  ["another environment", json({ ...good, environment: "staging" }), "environment"],
  ["an older list", json(list({ meal_planning: false }, 4)), "older"],
];

describe.each(faults)("%s", (_name, fault, reason) => {
  test(`at first: no flags, ${reason}, and ready settles`, async () => {
    if (reason === "older") return expect(reason).toBe("older");
    source.answer = fault;
    const flags = create({ url: source.url, environment: "application" });
    await flags.ready;
    expect(flags.state).toEqual({ status: "stale", age: null, reason });
    expect(flags.all()).toEqual({});
    expect(flags.isEnabled("meal_planning", true)).toBe(true);
  });

  test(`later: the flags stay, ${reason}, and the next good list is taken`, async () => {
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
  });
});

test("nobody listens: network", async () => {
  const { url } = source;
  await source[Symbol.asyncDispose]();
  const flags = create({ url });
  await flags.ready;
  expect(flags.state).toEqual({ status: "stale", age: null, reason: "network" });
});

test.each(["not a url", "http://", "data:text/html,hello", "/relative"])(
  "the URL %j: no flags, and nothing is thrown",
  async (url) => {
    const flags = create({ url });
    await flags.ready;
    expect(flags.state.status).toBe("stale");
  },
);

test("of 50 MB hardly more than the bound is read", async () => {
  const sent = { bytes: 0, isCut: false };
  source.answer = flood(sent, 50_000_000);
  const flags = create({ url: source.url });
  await flags.ready;
  expect(flags.state.reason).toBe("too_large");
  await vi.waitFor(() => expect(sent.isCut).toBe(true));
  expect(sent.bytes).toBeLessThan(20_000_000);
});

test("of a body that nobody believes nothing is read on", async () => {
  const sent = { bytes: 0, isCut: false };
  source.answer = flood(sent, 50_000_000, 500);
  const flags = create({ url: source.url });
  await flags.ready;
  expect(flags.state.reason).toBe("status");
  await vi.waitFor(() => expect(sent.isCut).toBe(true));
  expect(sent.bytes).toBeLessThan(20_000_000);
});

test("a list of ten thousand flags is well below the bound", async () => {
  const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`flag_${at}`, true]));
  source.answer = json(list(many));
  const flags = create({ url: source.url });
  await flags.ready;
  expect(flags.state.reason).toBeNull();
  expect(flags.isEnabled("flag_9999")).toBe(true);
});

// Time itself: five seconds would be too long to wait for, twice.
describe.each([
  ["a source that says nothing", hang],
  ["a body that does not end", trickle],
])("%s", (_name, answer) => {
  test("is given up after five seconds", async () => {
    source.answer = answer;
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
    try {
      const flags = create({ url: source.url });
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
  ])("is not taken: written %s, then %s; a cache lags behind", async (first, then) => {
    const flags = await goBack(first, then);
    expect(flags.state.reason).toBe("older");
    expect(flags.isEnabled("meal_planning")).toBe(true);
  });

  test.each([
    [86_400_000, "older"],
    [101_000_000, null],
  ])("is taken after a day, whoever wrote it: %i milliseconds later, %s", async (age, reason) => {
    const now = vi.spyOn(Date, "now").mockReturnValue(Date.now() - age);
    const flags = create({ url: source.url });
    await flags.ready;
    now.mockRestore();
    source.answer = json(list({ meal_planning: false }, 4));
    await flags.refresh();
    expect(flags.state.reason).toBe(reason);
    expect(flags.isEnabled("meal_planning")).toBe(reason !== null);
  });

  test("is taken when it was written later: somebody has gone back on purpose", async () => {
    const flags = await goBack(morning, noon);
    expect(flags.state.reason).toBeNull();
    expect(flags.isEnabled("meal_planning")).toBe(false);
  });

  test("is taken in place of a stored one when it was written later", async () => {
    (await goBack(noon, noon)).close();
    source.answer = written("Mon, 05 Jan 2026 12:00:01 GMT", list({ meal_planning: false }, 4));
    const flags = create({ url: source.url });
    await flags.ready;
    await flags.refresh();
    expect(flags.isEnabled("meal_planning")).toBe(false);
  });

  test("is not taken in place of a bootstrap", async () => {
    source.answer = json(list({ meal_planning: true }, 4));
    const flags = create({ url: source.url, bootstrap: list({ meal_planning: false }, 5) });
    await flags.refresh();
    expect(flags.state).toEqual({ status: "stale", age: null, reason: "older" });
    expect(flags.isEnabled("meal_planning")).toBe(false);
  });
});

describe("storage", () => {
  const at = Date.now();
  const copy = JSON.stringify({ ...good, at });
  const poisons: Record<string, string> = {
    "no JSON": "{",
    empty: "",
    null: "null",
    "a number": "1",
    "a mountain of brackets": "[".repeat(500_000),
    "text for a flag": copy.replace("true", '"true"'),
    "an odd name": copy.replace("meal_planning", "meal-planning"),
    "no environment": copy.replace("application", ""),
    "another environment": copy.replace("application", "staging"),
  };

  test.each(Object.entries(poisons))("a copy that is %s is no copy", async (_name, value) => {
    const storage = storageWith({ [`bunting1:${source.url}`]: value });
    const flags = create({ url: source.url, storage, environment: "application" });
    expect(flags.state).toEqual({ status: "loading", age: null, reason: null });
    expect(flags.all()).toEqual({});
    await flags.ready;
    expect(flags.all()).toEqual({ meal_planning: true });
    expect(JSON.parse(storage.entries.get(`bunting1:${source.url}`) ?? "")).toMatchObject(good);
  });

  test("a copy of another version is not looked at", async () => {
    const storage = storageWith({ [`bunting2:${source.url}`]: copy });
    source.answer = hang;
    expect(create({ url: source.url, storage }).all()).toEqual({});
  });

  test.each([
    ["whenever the clock was right", 0, 3_600],
    ["a clock that was ahead", 10_000_000, null],
    ["nobody knows when", Number.NaN, null],
  ])("age of a copy from an hour ago, by %s", async (_name, off, age) => {
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
    ["something else", {} as FlagStorage],
  ])("a storage that is %s: it goes on in memory", async (_name, storage) => {
    const flags = create({ url: source.url, storage });
    await flags.ready;
    expect(flags.isEnabled("meal_planning")).toBe(true);
    source.answer = json(list({ meal_planning: false }, 6));
    await flags.refresh();
    expect(flags.isEnabled("meal_planning")).toBe(false);
    expect(flags.state.status).toBe("ready");
  });

  test("localStorage is used where nothing is said, and may be denied by its mere mention", async () => {
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

test("a service worker's copy is taken, and known to be one", async () => {
  const at = Date.now() - 7_200_000;
  source.answer = json({ ...good, at, failure: "timeout" });
  const flags = create({ url: source.url });
  await flags.ready;
  expect(flags.isEnabled("meal_planning")).toBe(true);
  expect(flags.state).toEqual({ status: "stale", age: 7_200, reason: "timeout" });
});

function breakOff(...[, response]: Parameters<RequestListener>): void {
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

function flood(sent: { bytes: number; isCut: boolean }, size: number, status = 200) {
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
