/** The provider with rules: every type, the context, and its life cycle, over real HTTP. */
import {
  type Client,
  type EvaluationContext,
  OpenFeature,
  ProviderEvents,
  ProviderStatus,
} from "@openfeature/web-sdk";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { BuntingProvider } from "../../../client/openfeature.ts";
import { createFlags, type RuleFlags } from "../../../client/rules.ts";
import { json, list, respond, type Source, startSource } from "../source.ts";
import { recordEvents } from "./provider-events.ts";

const booleans = {
  on: true,
  staff: false,
  colour: false,
  size: false,
  layout: false,
  secret: true,
};
const variantsOf = (...values: unknown[]) => values.map((value, at) => [`v${at}`, value]);
const document = (colours: unknown[] = ["green", "orange"]) => ({
  environment: "application",
  flags: {
    on: { enabled: true },
    staff: {
      enabled: true,
      rollout: 0,
      rules: [{ name: "our staff", if: [["plan", "in", ["staff"]]], rollout: 100 }],
    },
    colour: { enabled: true, variants: variantsOf(...colours), split: [0, 1] },
    size: { enabled: true, variants: variantsOf(1, 2), split: [0, 1] },
    layout: { enabled: true, variants: variantsOf({ columns: 1 }, { columns: 2 }), split: [0, 1] },
  },
});
const ada: EvaluationContext = { targetingKey: "ada", plan: "free" };

let client: Client;
let source: Source;
let lists = json(list(booleans));
let rules = json(document());
let flags: RuleFlags;
let provider: BuntingProvider;
let events: string[];
let listening: AbortController;
beforeEach(async () => {
  lists = json(list(booleans));
  rules = json(document());
  source = await startSource((request, response) =>
    (request.url === "/v1/definitions.json" ? rules : lists)(request, response),
  );
  flags = createFlags({ url: source.url, rules: true, storage: null, refreshSeconds: 0 });
  provider = new BuntingProvider(flags);
  client = OpenFeature.getClient();
  listening = new AbortController();
  const { Ready, Stale, Error: Failed, ConfigurationChanged, ContextChanged } = ProviderEvents;
  events = recordEvents(
    client,
    [Ready, Stale, Failed, ConfigurationChanged, ContextChanged],
    listening.signal,
  );
  vi.spyOn(console, "warn").mockReturnValue();
  await OpenFeature.setContext(ada);
});
afterEach(async () => {
  listening.abort();
  await OpenFeature.clearProviders();
  await OpenFeature.clearContexts();
  vi.restoreAllMocks();
  await source[Symbol.asyncDispose]();
});

test("returns values, variants and reasons of every type", async () => {
  await OpenFeature.setProviderAndWait(provider);
  const split = { variant: "v1", reason: "SPLIT" };
  expect(client.getBooleanDetails("on", false)).toMatchObject({
    value: true,
    variant: "on",
    reason: "STATIC",
  });
  expect(client.getStringDetails("colour", "")).toMatchObject({ value: "orange", ...split });
  expect(client.getNumberDetails("size", 0)).toMatchObject({ value: 2, ...split });
  expect(client.getObjectDetails("layout", {})).toMatchObject({ value: { columns: 2 }, ...split });
  expect(client.getBooleanDetails("staff", true)).toMatchObject({
    value: false,
    variant: "off",
    reason: "DEFAULT",
  });
  expect(client.getBooleanDetails("secret", false)).toMatchObject({
    value: true,
    variant: "on",
    reason: "STATIC",
  });
});

test("returns the caller's default, the code and the type that was found", async () => {
  await OpenFeature.setProviderAndWait(provider);
  expect(client.getNumberDetails("colour", 7)).toMatchObject({
    value: 7,
    reason: "ERROR",
    errorCode: "TYPE_MISMATCH",
    errorMessage: 'Cannot read "colour" as a number: it is a string',
  });
  expect(client.getBooleanDetails("layout", true)).toMatchObject({
    value: true,
    errorMessage: 'Cannot read "layout" as a boolean: it is an object',
  });
  expect(client.getStringDetails("constructor", "x")).toMatchObject({
    value: "x",
    errorCode: "FLAG_NOT_FOUND",
  });
});

test("evaluates for OpenFeature's context, the first one and each later one", async () => {
  await OpenFeature.setProviderAndWait(provider);
  events.length = 0;
  expect(client.getBooleanValue("staff", true)).toBe(false);
  await OpenFeature.setContext({ ...ada, plan: "staff" });
  expect(client.getBooleanDetails("staff", false)).toMatchObject({
    value: true,
    reason: "TARGETING_MATCH",
    flagMetadata: { rule: "our staff" },
  });
  await OpenFeature.setContext(ada);
  expect(client.getBooleanValue("staff", true)).toBe(false);
  expect(events).toEqual(["PROVIDER_CONTEXT_CHANGED", "PROVIDER_CONTEXT_CHANGED"]);
});

test("emits ConfigurationChanged for flags that changed for this caller, and only those", async () => {
  await OpenFeature.setProviderAndWait(provider);
  events.length = 0;
  rules = json(document(["green", "red"]));
  await flags.refresh();
  expect(events).toEqual(["PROVIDER_CONFIGURATION_CHANGED colour"]);
  expect(client.getStringValue("colour", "")).toBe("red");
  rules = json(document(["blue", "red"]));
  await flags.refresh();
  expect(events).toHaveLength(1);
});

test("is STALE while requests fail, with the values from before", async () => {
  await OpenFeature.setProviderAndWait(provider);
  events.length = 0;
  lists = respond(503, "text/plain", "");
  await flags.refresh();
  expect(client.providerStatus).toBe(ProviderStatus.STALE);
  expect(client.getStringDetails("colour", "")).toMatchObject({
    value: "orange",
    variant: "v1",
    reason: "STALE",
  });
  lists = json(list(booleans));
  await flags.refresh();
  expect(events).toEqual(["PROVIDER_STALE", "PROVIDER_READY"]);
});

test("fetches again when it is set again after it was closed", async () => {
  await OpenFeature.setProviderAndWait(provider);
  await OpenFeature.clearProviders();
  rules = json(document(["green", "red"]));
  await OpenFeature.setProviderAndWait(provider);
  await vi.waitFor(() => expect(client.getStringValue("colour", "")).toBe("red"));
});
