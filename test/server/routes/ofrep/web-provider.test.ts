/** OpenFeature's own OFREP provider for the web, unmodified, in its whole life cycle against the server. */
import { OFREPWebProvider, type OFREPWebProviderOptions } from "@openfeature/ofrep-web-provider";
import {
  type Client,
  OpenFeature,
  type Provider,
  ProviderEvents,
  ProviderStatus,
} from "@openfeature/web-sdk";
import { EventSource } from "undici";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { recordEvents } from "../../../client/openfeature/provider-events.ts";
import { type OwnApi, startService, until } from "../../setup/api.ts";
import { TestTokens } from "../../setup/tokens.ts";
import { ofrepRemote } from "./flags.ts";

const plain = (enabled: boolean) => `description: Plain\nenabled: ${enabled}\n`;

let client: Client;
let events: string[];
let listening: AbortController;
beforeEach(() => {
  // Browsers have it, Node 20 does not.
  vi.stubGlobal("EventSource", EventSource);
  client = OpenFeature.getClient();
  listening = new AbortController();
  const { Ready, Stale, Error: Failed, ConfigurationChanged } = ProviderEvents;
  events = recordEvents(client, [Ready, Stale, Failed, ConfigurationChanged], listening.signal);
});
afterEach(async () => {
  listening.abort();
  await OpenFeature.clearProviders();
  await OpenFeature.clearContexts();
});

/** The requests of the provider, with the status of each response. */
let answers: string[];

async function provide(api: OwnApi, more: Partial<OFREPWebProviderOptions> = {}) {
  answers = [];
  const provider = new OFREPWebProvider({
    baseUrl: api.url,
    headersFactory: async () => [["Authorization", `Bearer ${api.tokens.of("reader")}`]],
    cacheMode: "disabled",
    fetchImplementation: async (request: Parameters<typeof fetch>[0], options?: RequestInit) => {
      const { pathname } = new URL((request as Request).url);
      const response = await fetch(request, options);
      answers.push(`${pathname} ${response.status}`);
      return response;
    },
    ...more,
  });
  // Its types are not written for `exactOptionalPropertyTypes`.
  await OpenFeature.setProviderAndWait(provider as Provider);
}

const start = () => startService({ remote: ofrepRemote() });
const streamsOf = async (api: OwnApi) =>
  Number(
    /^bunting_stream_clients (\d+)/m.exec((await api.ask("GET /metrics")).text)?.[1] ?? Number.NaN,
  );

describe("OFREPWebProvider", () => {
  test("gives values, variants and reasons of all types once it is ready", async () => {
    await OpenFeature.setContext({ targetingKey: "u1", country: "SE", age: 18 });
    await provide(await start());
    expect(client.providerStatus).toBe(ProviderStatus.READY);
    expect(client.getBooleanDetails("half", false)).toMatchObject({
      value: true,
      variant: "on",
      reason: "SPLIT",
      flagMetadata: {},
    });
    expect(client.getBooleanDetails("nordic", false).reason).toBe("TARGETING_MATCH");
    expect(client.getStringDetails("colour", "")).toMatchObject({
      value: "#dd5500",
      variant: "orange",
    });
    expect(client.getNumberDetails("limit", 0)).toMatchObject({ value: 2, reason: "STATIC" });
    expect(client.getObjectDetails("layout", {})).toMatchObject({ value: { columns: 2 } });
  });

  test("gives the default with FLAG_NOT_FOUND and TYPE_MISMATCH", async () => {
    await provide(await start());
    expect(client.getBooleanDetails("plian", true)).toMatchObject({
      value: true,
      reason: "ERROR",
      errorCode: "FLAG_NOT_FOUND",
    });
    expect(client.getStringDetails("plain", "x")).toMatchObject({
      value: "x",
      errorCode: "TYPE_MISMATCH",
    });
  });

  test("evaluates again if an attribute changes, although it keeps its entity tag then", async () => {
    await OpenFeature.setContext({ targetingKey: "u1", country: "SE" });
    // The first event of a stream would cause another request, at any time.
    await provide(await start(), { changeDetection: "none" });
    expect(client.getBooleanValue("nordic", false)).toBe(true);
    await OpenFeature.setContext({ targetingKey: "u1", country: "NO" });
    expect(client.getBooleanValue("nordic", true)).toBe(false);
    await OpenFeature.setContext({ targetingKey: "u1", country: "FI" });
    expect(answers.map((answer) => answer.split(" ")[1])).toEqual(["200", "200", "304"]);
    await OpenFeature.setContext({ targetingKey: "u2", country: "FI" });
    expect(client.getBooleanValue("half", true)).toBe(false);
  });

  test("stays READY with an error event if a context is refused", async () => {
    await OpenFeature.setContext({ targetingKey: "u1" });
    await provide(await start());
    const deep = { a: { a: { a: { a: { a: { a: { a: { a: { a: 1 } } } } } } } } };
    await OpenFeature.setContext({ targetingKey: "u1", ...deep });
    expect(events).toContain("PROVIDER_ERROR");
    expect(client.getBooleanValue("half", false)).toBe(true);
  });

  test("gets a commit through the event stream", async () => {
    const api = await start();
    await provide(api);
    await until(async () => (await streamsOf(api)) === 1);
    api.remote.push({ "flags/plain.yaml": plain(false) });
    await api.sync();
    await until(() => events.includes("PROVIDER_CONFIGURATION_CHANGED plain"));
    expect(client.getBooleanValue("plain", true)).toBe(false);
  });

  test("polls with 304 as long as nothing changes, and finds a change", async () => {
    const api = await start();
    await provide(api, { changeDetection: "polling", pollInterval: 50 });
    await until(() => answers.filter((answer) => answer.endsWith(" 304")).length >= 3);
    expect(events.filter((event) => event.startsWith("PROVIDER_CONF"))).toEqual([]);
    expect(await streamsOf(api)).toBe(0);
    api.remote.push({ "flags/plain.yaml": plain(false) });
    await api.sync();
    await until(() => events.includes("PROVIDER_CONFIGURATION_CHANGED plain"));
  });

  test("is FATAL with an unknown token and with a token for other environments", async () => {
    const tester = { role: "reader", environments: ["test"] } as const;
    const api = await startService({ remote: ofrepRemote(), tokens: new TestTokens({ tester }) });
    for (const token of ["x".repeat(36), api.tokens.of("tester")]) {
      const headers: [string, string][] = [["Authorization", `Bearer ${token}`]];
      await expect(provide(api, { headers, headersFactory: async () => [] })).rejects.toThrow();
      expect(client.providerStatus).toBe(ProviderStatus.FATAL);
    }
    expect(answers).toEqual(["/ofrep/v1/evaluate/flags 403"]);
    const headers: [string, string][] = [["Authorization", `Bearer ${api.tokens.of("tester")}`]];
    await provide(api, { headers, headersFactory: async () => [], baseUrl: `${api.url}/test` });
    expect(client.getBooleanValue("killed", false)).toBe(true);
  });

  test("keeps its values and emits an error if its token is revoked", async () => {
    const api = await start();
    await provide(api);
    await until(async () => (await streamsOf(api)) === 1);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2_000 });
    api.tokens.remove("reader");
    await OpenFeature.setContext({ targetingKey: "u1" });
    expect(answers.at(-1)).toBe("/ofrep/v1/evaluate/flags 401");
    expect(events).toContain("PROVIDER_ERROR");
    expect(client.getBooleanValue("plain", false)).toBe(true);
    api.remote.push({ "flags/plain.yaml": plain(false) });
    await api.sync();
    await until(async () => (await streamsOf(api)) === 0);
    expect(client.getBooleanValue("plain", false)).toBe(true);
  });

  test("is STALE while the server is gone, and has the new values when it is reachable again", async () => {
    const remote = ofrepRemote();
    const tokens = new TestTokens();
    const first = await startService({ remote, tokens });
    await provide(first);
    await until(async () => (await streamsOf(first)) === 1);
    await first.service.close();
    await until(() => events.includes("PROVIDER_STALE"));
    expect(client.getBooleanValue("plain", false)).toBe(true);
    remote.push({ "flags/plain.yaml": plain(false) });
    const port = Number(new URL(first.url).port);
    await startService({ remote, tokens, port });
    await until(() => events.includes("PROVIDER_CONFIGURATION_CHANGED plain"), 30_000);
    expect(client.getBooleanValue("plain", true)).toBe(false);
  }, 60_000);

  test("starts with the values of the last visit, and with 304 if they are still right", async () => {
    const stored = new Map<string, string>();
    vi.stubGlobal("localStorage", {
      getItem: (key: string) => stored.get(key) ?? null,
      setItem: (key: string, value: string) => stored.set(key, value),
      removeItem: (key: string) => stored.delete(key),
    });
    const api = await start();
    await provide(api, { cacheMode: "local-cache-first" });
    await until(() => stored.size === 1);
    await OpenFeature.clearProviders();
    await provide(api, { cacheMode: "local-cache-first" });
    expect(client.getBooleanDetails("plain", false)).toMatchObject({ value: true });
    await until(() => answers.length === 1);
    expect(answers).toEqual(["/ofrep/v1/evaluate/flags 304"]);
    await until(async () => (await streamsOf(api)) === 1);
  });

  test("keeps no stream open and sends no request after it is closed", async () => {
    const api = await start();
    await provide(api, { pollInterval: 50 });
    await until(async () => (await streamsOf(api)) === 1);
    await OpenFeature.clearProviders();
    await until(async () => (await streamsOf(api)) === 0);
    const { length } = answers;
    api.remote.push({ "flags/plain.yaml": plain(false) });
    await api.sync();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(answers).toHaveLength(length);
  });
});
