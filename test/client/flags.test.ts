/** Values, state and notifications of `createFlags()`. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Flags } from "../../client/core/types.ts";
import { clientsForTests, storageWith } from "./clients.ts";
import { hang, json, list, respond, type Source, startSource } from "./source.ts";

const create = clientsForTests();
let source: Source;
beforeEach(async () => {
  source = await startSource(json(list({ meal_planning: true })));
});
afterEach(() => source[Symbol.asyncDispose]());

describe("precedence", () => {
  test("the caller's default applies until the first response", async () => {
    const flags = create({ url: source.url });
    expect(flags.state).toEqual({ status: "loading", age: null, reason: null });
    expect(flags.isEnabled("meal_planning")).toBe(false);
    expect(flags.isEnabled("meal_planning", true)).toBe(true);
    expect(flags.all()).toEqual({});
    await flags.ready;
    expect(flags.isEnabled("meal_planning")).toBe(true);
    expect(flags.all()).toEqual({ meal_planning: true });
    expect(flags.state).toEqual({ status: "ready", age: 0, reason: null });
  });

  test("the stored copy applies until the first response", async () => {
    const storage = storageWith();
    await create({ url: source.url, storage }).ready;
    source.answer = json(list({ meal_planning: false, new_flag: true }, 2));
    const flags = create({ url: source.url, storage });
    expect(flags.isEnabled("meal_planning")).toBe(true);
    expect(flags.state).toEqual({ status: "ready", age: 0, reason: null });
    await flags.ready;
    expect(flags.isEnabled("new_flag", false)).toBe(false);
    await flags.refresh();
    expect(flags.all()).toEqual({ meal_planning: false, new_flag: true });
  });

  test("a bootstrap comes before a stored copy, even if that is newer", async () => {
    const storage = storageWith();
    source.answer = json(list({ meal_planning: true }, 2));
    await create({ url: source.url, storage }).ready;
    const bootstrap = list({ meal_planning: false }, 1);
    const flags = create({ url: source.url, storage, bootstrap });
    expect(flags.isEnabled("meal_planning")).toBe(false);
    expect(flags.state).toEqual({ status: "ready", age: null, reason: null });
    await flags.refresh();
    expect(flags.isEnabled("meal_planning")).toBe(true);
    expect(flags.bootstrap).toEqual({ meal_planning: false });
  });

  test("a bootstrap does not replace the stored copy, which the next visit needs", async () => {
    const storage = storageWith();
    await create({ url: source.url, storage }).ready;
    source.answer = respond(503, "text/plain", "");
    const bootstrap = list({ meal_planning: false }, 1);
    await create({ url: source.url, storage, bootstrap }).refresh();
    expect(create({ url: source.url, storage }).isEnabled("meal_planning")).toBe(true);
  });

  test("an invalid bootstrap is ignored", async () => {
    const storage = storageWith();
    await create({ url: source.url, storage }).ready;
    const bootstrap = { ...list({}), flags: { meal_planning: "yes" } } as never;
    const flags = create({ url: source.url, storage, bootstrap });
    expect(flags.isEnabled("meal_planning")).toBe(true);
    expect(flags.bootstrap).toEqual({});
  });

  test("each URL has its own stored copy", async () => {
    const storage = storageWith();
    await create({ url: source.url, storage }).ready;
    const flags = create({ url: `${source.url}?other`, storage });
    expect(flags.isEnabled("meal_planning")).toBe(false);
    await flags.ready;
    expect([...storage.entries.keys()]).toEqual([
      `bunting1:${source.url}`,
      `bunting1:${source.url}?other`,
    ]);
  });
});

describe("isEnabled()", () => {
  test.each(["constructor", "__proto__", "toString", "hasOwnProperty", ""])(
    "%j is not a flag",
    async (name) => {
      vi.spyOn(console, "warn").mockReturnValue();
      const flags = create({ url: source.url });
      expect(flags.isEnabled(name)).toBe(false);
      expect(flags.all()[name]).toBeUndefined();
      expect(flags.bootstrap[name]).toBeUndefined();
      await flags.ready;
      expect(flags.isEnabled(name)).toBe(false);
      expect(flags.isEnabled(name, true)).toBe(true);
      expect(flags.all()[name]).toBeUndefined();
    },
  );

  test("an unknown flag returns the default and warns once per name", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const flags = create({ url: source.url });
    flags.isEnabled("missing");
    expect(warn).not.toHaveBeenCalled();
    await flags.ready;
    for (let time = 0; time < 3; time++) {
      expect(flags.isEnabled("missing")).toBe(false);
      expect(flags.isEnabled("missing", true)).toBe(true);
      flags.isEnabled("absent");
      flags.isEnabled("meal_planning");
    }
    expect(warn.mock.calls).toEqual([
      ["Bunting: unknown flag", "missing"],
      ["Bunting: unknown flag", "absent"],
    ]);
  });

  test("remembers at most 10,000 names", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const flags = create({ url: source.url });
    await flags.ready;
    for (let user = 0; user < 30_000; user++) flags.isEnabled(`user_${user}`);
    expect(warn).toHaveBeenCalledTimes(10_000);
    expect(flags.isEnabled("meal_planning")).toBe(true);
    source.answer = json(list({ meal_planning: false }, 2));
    await flags.refresh();
    expect(flags.isEnabled("meal_planning", true)).toBe(false);
  });

  test("follows a flag that is added and removed several times", async () => {
    vi.spyOn(console, "warn").mockReturnValue();
    const flags = create({ url: source.url });
    await flags.ready;
    for (const [day, known] of [false, true, false, true].entries()) {
      source.answer = json(list(known ? { comes_and_goes: false } : {}, day + 2));
      await flags.refresh();
      expect(flags.isEnabled("comes_and_goes", true)).toBe(!known);
    }
  });
});

describe("all(), state and subscribe()", () => {
  test("all() and state keep their identity until they change; listeners are called once per change", async () => {
    const flags = create({ url: source.url });
    const listener = vi.fn();
    const stop = flags.subscribe(listener);
    await flags.ready;
    expect(listener).toHaveBeenCalledTimes(1);
    const [all, state] = [flags.all(), flags.state];

    await flags.refresh();
    source.answer = json(list({ meal_planning: true }, 2));
    await flags.refresh();
    expect(listener).toHaveBeenCalledTimes(1);
    expect(flags.all()).toBe(all);
    expect(flags.state).toBe(state);

    source.answer = respond(500, "application/json", "{}");
    await flags.refresh();
    expect(listener).toHaveBeenCalledTimes(2);
    expect(flags.all()).toBe(all);
    expect(flags.state).not.toBe(state);

    source.answer = json(list({ meal_planning: false }, 3));
    await flags.refresh();
    expect(listener).toHaveBeenCalledTimes(3);
    expect(flags.all()).not.toBe(all);

    stop();
    source.answer = json(list({ meal_planning: true }, 4));
    await flags.refresh();
    expect(listener).toHaveBeenCalledTimes(3);
  });

  test("a listener that throws does not affect others; its error is logged", async () => {
    vi.spyOn(console, "error").mockReturnValue();
    const flags = create({ url: source.url });
    const listener = vi.fn();
    flags.subscribe(() => {
      throw new Error("A bug in a listener");
    });
    flags.subscribe(listener);
    await flags.ready;
    expect(listener).toHaveBeenCalledTimes(1);
    expect(console.error).toHaveBeenCalledWith(new Error("A bug in a listener"));
    expect(flags.isEnabled("meal_planning")).toBe(true);
  });

  test("a listener may unsubscribe, subscribe, refresh and close", async () => {
    const flags = create({ url: source.url });
    let times = 0;
    const listen = () => {
      times += 1;
      stop();
      if (times < 3) stop = flags.subscribe(listen);
      void flags.refresh();
      if (times === 2) flags.close();
    };
    let stop = flags.subscribe(listen);
    await flags.ready;
    source.answer = json(list({}, 2));
    await flags.refresh();
    expect(times).toBe(2);
    expect(flags.all()).toEqual({});
  });
});

describe("refresh() and close()", () => {
  test("concurrent calls of refresh() share one request", async () => {
    const flags = create({ url: source.url });
    await Promise.all([flags.refresh(), flags.refresh(), flags.ready]);
    expect(source.requests).toHaveLength(1);
    await flags.refresh();
    expect(source.requests).toHaveLength(2);
  });

  test("a closed client sends no requests and keeps its flags", async () => {
    const flags = create({ url: source.url });
    await flags.ready;
    flags.close();
    flags.close();
    await flags.refresh();
    expect(source.requests).toHaveLength(1);
    expect(flags.isEnabled("meal_planning")).toBe(true);
    expect(flags.state.status).toBe("ready");
  });

  test("close() aborts the pending request and resolves its promise", async () => {
    source.answer = hang;
    const flags = create({ url: source.url });
    const listener = vi.fn();
    flags.subscribe(listener);
    const refreshed = flags.refresh();
    await vi.waitFor(() => expect(source.requests).toHaveLength(1));
    flags.close();
    // Earlier than the timeout of the request.
    const options = { timeout: 4_000 };
    await vi.waitFor(() => expect(source.requests[0]?.socket.destroyed).toBe(true), options);
    await Promise.all([flags.ready, refreshed, flags.refresh()]);
    expect(listener).not.toHaveBeenCalled();
    expect(flags.state.status).toBe("loading");
  });
});

describe("start", () => {
  test("outside of a page, nothing happens before the first use, as Cloudflare requires of modules", async () => {
    const forbidden = () => {
      throw new Error("Disallowed operation called within global scope");
    };
    const names = ["fetch", "setTimeout", "setInterval", "queueMicrotask"] as const;
    for (const name of names) vi.stubGlobal(name, forbidden);
    vi.stubGlobal("BroadcastChannel", forbidden);
    const random = vi.spyOn(Math, "random").mockImplementation(forbidden);
    const flags = create({
      url: source.url,
      refreshSeconds: 60,
      bootstrap: list({ dark_mode: true }),
    });
    vi.unstubAllGlobals();
    random.mockRestore();
    expect(flags.bootstrap).toEqual({ dark_mode: true });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(source.requests).toHaveLength(0);
    expect(flags.isEnabled("dark_mode")).toBe(true);
    await vi.waitFor(() => expect(flags.isEnabled("meal_planning")).toBe(true));
    expect(source.requests).toHaveLength(1);
  });

  test.each<[string, (flags: Flags) => unknown]>([
    ["isEnabled()", (flags) => flags.isEnabled("meal_planning")],
    ["all()", (flags) => flags.all()],
    ["state", (flags) => flags.state],
    ["ready", (flags) => flags.ready],
    ["subscribe()", (flags) => flags.subscribe(() => {})],
    ["refresh()", (flags) => flags.refresh()],
    ["start()", (flags) => flags.start()],
  ])("%s is a first use", async (_name, use) => {
    const flags = create({ url: source.url });
    use(flags);
    await vi.waitFor(() => expect(source.requests).toHaveLength(1));
    use(flags);
    await flags.ready;
    expect(flags.isEnabled("meal_planning")).toBe(true);
  });

  test("start() after close() fetches again and polls again", async () => {
    const flags = create({ url: source.url, refreshSeconds: 0.05 });
    await flags.ready;
    flags.close();
    source.answer = json(list({ meal_planning: false }, 2));
    const before = source.requests.length;
    flags.start();
    flags.start();
    await vi.waitFor(() => expect(flags.isEnabled("meal_planning", true)).toBe(false));
    await vi.waitFor(() => expect(source.requests.length).toBeGreaterThan(before + 1));
  });

  test("start() while a closed request still ends does not wait for that request", async () => {
    source.answer = hang;
    const flags = create({ url: source.url });
    const first = flags.ready;
    await vi.waitFor(() => expect(source.requests).toHaveLength(1));
    flags.close();
    source.answer = json(list({ meal_planning: true }));
    flags.start();
    await Promise.all([first, flags.ready]);
    expect(flags.state).toEqual({ status: "ready", age: 0, reason: null });
    expect(flags.isEnabled("meal_planning")).toBe(true);
  });
});

describe("hints", () => {
  /** The hints of a client after two attempts. */
  async function hintsFor(options: { url: string; token?: string }): Promise<unknown[]> {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    const flags = create(options);
    await flags.ready;
    await flags.refresh();
    // The module with the hints is loaded on demand.
    await import("../../client/core/hints.ts");
    await new Promise((resolve) => setTimeout(resolve, 20));
    return warn.mock.calls.flat();
  }

  test("createFlags({}) says that there is no url, once, and requests nothing", async () => {
    const fetch = vi.spyOn(globalThis, "fetch");
    expect(await hintsFor({} as never)).toEqual([
      expect.stringMatching(/there is no url\. Pass one: createFlags\(\{ url: "https:/),
    ]);
    expect(fetch).not.toHaveBeenCalled();
  });

  test.each([404, 403, 301])("a URL without a slash at its end: %i", async (status) => {
    source.answer = respond(status, "text/plain", "");
    const url = source.url.slice(0, -1);
    expect(await hintsFor({ url })).toEqual([
      `Bunting: cannot fetch the flags: ${url} has no slash at its end. Write ${url}/`,
    ]);
  });

  test("a page of HTML at a URL without a slash at its end", async () => {
    source.answer = respond(200, "text/html", "<h1>Welcome</h1>");
    const url = source.url.slice(0, -1);
    expect(await hintsFor({ url })).toHaveLength(1);
  });

  test("401 without a token", async () => {
    source.answer = respond(401, "application/problem+json", "{}");
    expect(await hintsFor({ url: source.url })).toEqual([
      `Bunting: cannot fetch the flags: ${source.url} requires a token. Pass one: createFlags({ url, token })`,
    ]);
  });

  test("401 with a token", async () => {
    source.answer = respond(401, "application/problem+json", "{}");
    expect(await hintsFor({ url: source.url, token: "bnt_old" })).toEqual([
      `Bunting: cannot fetch the flags: ${source.url} does not accept this token. Check that it is valid`,
    ]);
  });

  test.each([404, 500, 503])("no hint for %i at a correct URL", async (status) => {
    source.answer = respond(status, "text/plain", "");
    expect(await hintsFor({ url: source.url })).toEqual([]);
  });
});

describe("the request", () => {
  test("has no headers of its own without a token", async () => {
    await create({ url: source.url }).ready;
    const ofTheClient = Object.keys(source.requests[0]?.headers ?? {}).filter(
      (name) => !["host", "connection", "user-agent"].includes(name),
    );
    // The headers that fetch always sends.
    const always = ["accept", "accept-language", "sec-fetch-mode", "accept-encoding"];
    expect(ofTheClient.filter((name) => !always.includes(name))).toEqual([]);
  });

  test("has the token in a header, not in the URL", async () => {
    await create({ url: source.url, token: "bnt_secret" }).ready;
    const [request] = source.requests;
    expect(request?.headers.authorization).toBe("Bearer bnt_secret");
    expect(request?.url).toBe("/v1/feature-flags/");
  });
});
