/** The provider in the web SDK's life cycle. */
import { type Client, OpenFeature, ProviderEvents, ProviderStatus } from "@openfeature/web-sdk";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { State } from "../../../client/core/types.ts";
import { createMemoryFlags, type MemoryFlags } from "../../../client/memory.ts";
import { BuntingProvider } from "../../../client/openfeature.ts";
import { clientsForTests } from "../clients.ts";
import { hang, json, list, startSource } from "../source.ts";
import { recordEvents } from "./provider-events.ts";

const ready: State = { status: "ready", age: 0, reason: null };
const stale: State = { status: "stale", age: 90, reason: "network" };
const empty: State = { status: "stale", age: null, reason: "timeout" };

const create = clientsForTests();
let client: Client;
let events: string[];
let listening: AbortController;
beforeEach(() => {
  client = OpenFeature.getClient();
  listening = new AbortController();
  const { Ready, Stale, Error: Failed, ConfigurationChanged } = ProviderEvents;
  events = recordEvents(client, [Ready, Stale, Failed, ConfigurationChanged], listening.signal);
});
afterEach(async () => {
  listening.abort();
  await OpenFeature.clearProviders();
});

describe("BuntingProvider", () => {
  test("is READY when there are flags, not before", async () => {
    const source = controlled({ meal_planning: true });
    const set = OpenFeature.setProviderAndWait(new BuntingProvider(source.flags));
    expect(client.providerStatus).toBe(ProviderStatus.NOT_READY);
    expect(client.getBooleanDetails("meal_planning", false)).toMatchObject({
      value: false,
      errorCode: "PROVIDER_NOT_READY",
    });
    source.resolveReady();
    await set;
    expect(client.providerStatus).toBe(ProviderStatus.READY);
    expect(events).toEqual(["PROVIDER_READY"]);
    expect(OpenFeature.providerMetadata).toEqual({ name: "Bunting" });
  });

  test("returns values, variants and the reasons STATIC and STALE", async () => {
    const source = await provided({ meal_planning: true, dark_mode: false });
    expect(client.getBooleanDetails("meal_planning", false)).toMatchObject({
      value: true,
      variant: "on",
      reason: "STATIC",
    });
    expect(client.getBooleanDetails("dark_mode", true)).toMatchObject({
      value: false,
      variant: "off",
      reason: "STATIC",
    });
    source.become(stale);
    expect(client.getBooleanDetails("meal_planning", false)).toMatchObject({
      value: true,
      reason: "STALE",
    });
  });

  test.each(["no_such_flag", "constructor", "__proto__", "toString"])(
    "returns the caller's default and FLAG_NOT_FOUND for %s",
    async (name) => {
      await provided({ meal_planning: true });
      for (const value of [true, false]) {
        expect(client.getBooleanDetails(name, value)).toMatchObject({
          value,
          reason: "ERROR",
          errorCode: "FLAG_NOT_FOUND",
          errorMessage: `Cannot find a flag "${name}"`,
        });
      }
      expect(client.getStringDetails(name, "red")).toMatchObject({
        value: "red",
        errorCode: "FLAG_NOT_FOUND",
      });
    },
  );

  test("returns the caller's default and TYPE_MISMATCH for another type", async () => {
    await provided({ meal_planning: true });
    const mismatch = { reason: "ERROR", errorCode: "TYPE_MISMATCH" };
    expect(client.getStringDetails("meal_planning", "red")).toMatchObject({
      ...mismatch,
      value: "red",
      errorMessage: 'Cannot read "meal_planning" as a string: it is a boolean',
    });
    expect(client.getNumberDetails("meal_planning", 7)).toMatchObject({ ...mismatch, value: 7 });
    const value = { a: 1 };
    expect(client.getObjectDetails("meal_planning", value)).toMatchObject({ ...mismatch, value });
  });

  test("emits ConfigurationChanged with the flags that were changed, added or removed", async () => {
    const source = await provided({ meal_planning: true, dark_mode: false, gone: true });
    source.replace({ meal_planning: false, dark_mode: false, arrived: true });
    expect(events).toEqual(["PROVIDER_CONFIGURATION_CHANGED meal_planning gone arrived"]);
    expect(client.getBooleanValue("meal_planning", true)).toBe(false);
  });

  test("emits STALE and READY once per change", async () => {
    const source = await provided({ meal_planning: true });
    source.become(stale);
    source.become({ ...stale, age: 150 });
    expect(client.providerStatus).toBe(ProviderStatus.STALE);
    source.become(ready);
    expect(client.providerStatus).toBe(ProviderStatus.READY);
    expect(events).toEqual(["PROVIDER_STALE", "PROVIDER_READY"]);
  });

  test("is READY, then STALE, with stored flags and a failed request", async () => {
    const source = controlled({ meal_planning: true }, stale);
    source.resolveReady();
    await OpenFeature.setProviderAndWait(new BuntingProvider(source.flags));
    expect(client.getBooleanValue("meal_planning", false)).toBe(true);
    await vi.waitFor(() => expect(client.providerStatus).toBe(ProviderStatus.STALE));
    expect(events).toEqual(["PROVIDER_READY", "PROVIDER_STALE"]);
  });

  test("is ERROR without any flags, and READY when they arrive", async () => {
    const source = controlled({}, empty);
    source.resolveReady();
    const set = OpenFeature.setProviderAndWait(new BuntingProvider(source.flags));
    await expect(set).rejects.toThrow("Cannot get any flags: timeout");
    expect(client.providerStatus).toBe(ProviderStatus.ERROR);
    expect(client.getBooleanValue("meal_planning", true)).toBe(true);

    source.replace({ meal_planning: false }, ready);
    expect(client.providerStatus).toBe(ProviderStatus.READY);
    expect(client.getBooleanValue("meal_planning", true)).toBe(false);
    expect(events).toEqual([
      "PROVIDER_ERROR",
      "PROVIDER_CONFIGURATION_CHANGED meal_planning",
      "PROVIDER_READY",
    ]);
  });

  test("stays STALE after a change of the context", async () => {
    const source = await provided({ meal_planning: true });
    source.become(stale);
    await OpenFeature.setContext({ targetingKey: "ada" });
    await vi.waitFor(() => expect(client.providerStatus).toBe(ProviderStatus.STALE));
  });

  test("fetches again when it is set again after it was closed", async () => {
    await using source = await startSource(json(list({ meal_planning: true })));
    const provider = new BuntingProvider(create({ url: source.url }));
    await OpenFeature.setProviderAndWait(provider);
    await OpenFeature.clearProviders();
    source.answer = json(list({ meal_planning: false, arrived: true }, 2));
    await OpenFeature.setProviderAndWait(provider);
    expect(client.providerStatus).toBe(ProviderStatus.READY);
    await vi.waitFor(() => expect(client.getBooleanValue("arrived", false)).toBe(true));
    expect(client.getBooleanValue("meal_planning", true)).toBe(false);
    expect(events).toContain("PROVIDER_CONFIGURATION_CHANGED meal_planning arrived");
    expect(source.requests).toHaveLength(2);
  });

  test("works if it is set, replaced and set again at once, as React's StrictMode does", async () => {
    await using source = await startSource(json(list({ meal_planning: true })));
    const flags = create({ url: source.url });
    const provider = new BuntingProvider(flags);
    OpenFeature.setProvider(provider);
    OpenFeature.setProvider(new BuntingProvider(createMemoryFlags()));
    await OpenFeature.setProviderAndWait(provider);
    expect(client.providerStatus).toBe(ProviderStatus.READY);
    expect(client.getBooleanValue("meal_planning", false)).toBe(true);
    source.answer = json(list({ meal_planning: false }, 2));
    await flags.refresh();
    expect(client.getBooleanValue("meal_planning", true)).toBe(false);
    expect(events.filter((event) => event.endsWith("CHANGED meal_planning"))).toHaveLength(1);
  });

  test("does not fetch after it was closed while it was initialized", async () => {
    await using source = await startSource(hang);
    const provider = new BuntingProvider(create({ url: source.url, refreshSeconds: 0.05 }));
    OpenFeature.setProvider(provider);
    await vi.waitFor(() => expect(source.requests).toHaveLength(1));
    await OpenFeature.clearProviders();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(source.requests).toHaveLength(1);
    expect(events).toEqual(["PROVIDER_ERROR"]);
  });

  test("closes the flags and emits no event after another provider replaces it", async () => {
    const source = await provided({ meal_planning: true });
    await OpenFeature.setProviderAndWait(new BuntingProvider(createMemoryFlags({ other: true })));
    expect(source.closed()).toBe(true);
    events.length = 0;
    source.replace({ meal_planning: false }, stale);
    expect(events).toEqual([]);
    expect(client.getBooleanValue("other", false)).toBe(true);
  });
});

/** A provider that is READY. `events` is empty. */
async function provided(initial: Readonly<Record<string, boolean>>) {
  const source = controlled(initial);
  source.resolveReady();
  await OpenFeature.setProviderAndWait(new BuntingProvider(source.flags));
  await vi.waitFor(() => expect(client.providerStatus).toBe(ProviderStatus.READY));
  await new Promise((resolve) => setTimeout(resolve));
  events.length = 0;
  return source;
}

/** Flags whose values and state the test sets. */
function controlled(initial: Readonly<Record<string, boolean>>, state: State = ready) {
  const memory: MemoryFlags = createMemoryFlags();
  const listeners = new Set<() => void>();
  let flags = Object.freeze(Object.assign(Object.create(null), initial));
  let isClosed = false;
  let resolveReady = () => {};
  const isReady = new Promise<void>((resolve) => {
    resolveReady = resolve;
  });
  const callListeners = () => {
    for (const listener of listeners) listener();
  };
  return {
    flags: {
      ...memory,
      isEnabled: (name: string, fallback = false) => flags[name] ?? fallback,
      all: () => flags,
      subscribe(listener: () => void) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      ready: isReady,
      close: () => {
        isClosed = true;
      },
      get state() {
        return state;
      },
    },
    resolveReady,
    closed: () => isClosed && listeners.size === 0,
    become(next: State) {
      state = next;
      callListeners();
    },
    replace(next: Readonly<Record<string, boolean>>, nextState: State = state) {
      flags = Object.freeze(Object.assign(Object.create(null), next));
      state = nextState;
      callListeners();
    },
  };
}
