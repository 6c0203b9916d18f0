/** What an application sees of `createFlags()`: answers, state, and who is told. */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { clientsForTests, storageWith } from "./clients.ts";
import { hang, json, list, respond, type Source, startSource } from "./source.ts";

const create = clientsForTests();
let source: Source;
beforeEach(async () => {
  source = await startSource(json(list({ meal_planning: true })));
});
afterEach(() => source[Symbol.asyncDispose]());

describe("the order of truth", () => {
  test("the caller's default, until the source has answered", async () => {
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

  test("the stored copy comes before the network, which comes before the default", async () => {
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

  test("a bootstrap comes before the stored copy, though that is newer", async () => {
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

  test("a bootstrap that is none gives way to the stored copy", async () => {
    const storage = storageWith();
    await create({ url: source.url, storage }).ready;
    const bootstrap = { ...list({}), flags: { meal_planning: "yes" } } as never;
    const flags = create({ url: source.url, storage, bootstrap });
    expect(flags.isEnabled("meal_planning")).toBe(true);
    expect(flags.bootstrap).toEqual({});
  });

  test("each URL has a copy of its own", async () => {
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
    "%j is no flag, whatever an object may have",
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

  test("a missing flag is the default, with one warning for the name", async () => {
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
      ["No flag", "missing"],
      ["No flag", "absent"],
    ]);
  });

  test("a name that no one bounds costs no more than so many names", async () => {
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

  test("a flag that comes, goes and comes again is answered each time as it is", async () => {
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
  test("both are the same objects until something in them changes, and each change is told once", async () => {
    const flags = create({ url: source.url });
    const heard = vi.fn();
    const stop = flags.subscribe(heard);
    await flags.ready;
    expect(heard).toHaveBeenCalledTimes(1);
    const [all, state] = [flags.all(), flags.state];

    await flags.refresh();
    source.answer = json(list({ meal_planning: true }, 2));
    await flags.refresh();
    expect(heard).toHaveBeenCalledTimes(1);
    expect(flags.all()).toBe(all);
    expect(flags.state).toBe(state);

    source.answer = respond(500, "application/json", "{}");
    await flags.refresh();
    expect(heard).toHaveBeenCalledTimes(2);
    expect(flags.all()).toBe(all);
    expect(flags.state).not.toBe(state);

    source.answer = json(list({ meal_planning: false }, 3));
    await flags.refresh();
    expect(heard).toHaveBeenCalledTimes(3);
    expect(flags.all()).not.toBe(all);

    stop();
    source.answer = json(list({ meal_planning: true }, 4));
    await flags.refresh();
    expect(heard).toHaveBeenCalledTimes(3);
  });

  test("a listener that throws keeps nobody from hearing, and nothing from working", async () => {
    vi.spyOn(console, "log").mockReturnValue();
    const flags = create({ url: source.url });
    const heard = vi.fn();
    flags.subscribe(() => {
      throw new Error("A listener's own mistake");
    });
    flags.subscribe(heard);
    await flags.ready;
    expect(heard).toHaveBeenCalledTimes(1);
    expect(console.log).toHaveBeenCalledWith(new Error("A listener's own mistake"));
    expect(flags.isEnabled("meal_planning")).toBe(true);
  });

  test("a listener may stop itself, begin another, refresh, and close", async () => {
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
  test("one request at a time: who comes meanwhile joins it", async () => {
    const flags = create({ url: source.url });
    await Promise.all([flags.refresh(), flags.refresh(), flags.ready]);
    expect(source.requests).toHaveLength(1);
    await flags.refresh();
    expect(source.requests).toHaveLength(2);
  });

  test("a closed client asks no more, and answers as before", async () => {
    const flags = create({ url: source.url });
    await flags.ready;
    flags.close();
    flags.close();
    await flags.refresh();
    expect(source.requests).toHaveLength(1);
    expect(flags.isEnabled("meal_planning")).toBe(true);
    expect(flags.state.status).toBe("ready");
  });

  test("closing ends the request under way, and whoever waits for it", async () => {
    source.answer = hang;
    const flags = create({ url: source.url });
    const heard = vi.fn();
    flags.subscribe(heard);
    const refreshed = flags.refresh();
    await vi.waitFor(() => expect(source.requests).toHaveLength(1));
    flags.close();
    // Sooner than it would be given up.
    const patience = { timeout: 4_000 };
    await vi.waitFor(() => expect(source.requests[0]?.socket.destroyed).toBe(true), patience);
    await Promise.all([flags.ready, refreshed, flags.refresh()]);
    expect(heard).not.toHaveBeenCalled();
    expect(flags.state.status).toBe("loading");
  });
});

describe("what is sent", () => {
  test("without a token, nothing that a browser does not send of its own", async () => {
    await create({ url: source.url }).ready;
    const ofTheClient = Object.keys(source.requests[0]?.headers ?? {}).filter(
      (name) => !["host", "connection", "user-agent"].includes(name),
    );
    // These are what fetch sends always.
    const always = ["accept", "accept-language", "sec-fetch-mode", "accept-encoding"];
    expect(ofTheClient.filter((name) => !always.includes(name))).toEqual([]);
  });

  test("a token goes in the header, never in the URL", async () => {
    await create({ url: source.url, token: "bnt_secret" }).ready;
    const [request] = source.requests;
    expect(request?.headers.authorization).toBe("Bearer bnt_secret");
    expect(request?.url).toBe("/v1/feature-flags/");
  });
});
