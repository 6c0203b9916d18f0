/** The provider for servers, through OpenFeature's SDK, over real HTTP. */
import type { RequestListener } from "node:http";
import {
  type Client,
  type EvaluationContext,
  OpenFeature,
  ProviderEvents,
  ProviderStatus,
} from "@openfeature/server-sdk";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { BuntingServerProvider, type UrlOptions } from "../../../client/openfeature-server.ts";
import type { Definitions } from "../../../schema/evaluate/definition.ts";
import { evaluate } from "../../../schema/evaluate/evaluate.ts";
import { hang, json, respond, type Source, startSource } from "../source.ts";
import { recordEvents } from "./provider-events.ts";

const variantsOf = (...values: unknown[]) => values.map((value, at) => [`v${at}`, value]);
const flags = {
  on: { enabled: true },
  half: { enabled: true, rollout: 50 },
  staff: {
    enabled: true,
    rollout: 0,
    rules: [{ name: "our staff", if: [["audience", "is", "staff"]], rollout: 100 }],
  },
  needs_staff: { enabled: true, requires: ["staff"] },
  colour: { enabled: true, variants: variantsOf("green", "orange"), split: [0, 1] },
  size: { enabled: true, variants: variantsOf(1, 2), split: [0, 1] },
  layout: { enabled: true, variants: variantsOf({ columns: 1 }, { columns: 2 }), split: [0, 1] },
};
const document = (changes: Record<string, unknown> = {}, staff = "@bunting.example") => ({
  environment: "application",
  audiences: { staff: [["email", "ends_with", staff]] },
  flags: { ...flags, ...changes },
});
const ada: EvaluationContext = { targetingKey: "ada", email: "ada@bunting.example" };

let client: Client;
let source: Source;
let url: string;
let events: string[];
let listening: AbortController;
beforeEach(async () => {
  source = await startSource(json(document()));
  url = source.url.replace("feature-flags/", "definitions.json");
  client = OpenFeature.getClient();
  listening = new AbortController();
  events = recordEvents(client, Object.values(ProviderEvents), listening.signal);
});
afterEach(async () => {
  listening.abort();
  await OpenFeature.clearProviders();
  vi.restoreAllMocks();
  await source[Symbol.asyncDispose]();
});

/** Refreshes 50 times faster than the shortest sensible interval. */
function provider(options: Partial<UrlOptions> = {}): BuntingServerProvider {
  return new BuntingServerProvider({ url, refreshSeconds: 0.02, ...options });
}

async function start(options: Partial<UrlOptions> = {}): Promise<void> {
  await OpenFeature.setProviderAndWait(provider(options));
}

describe("evaluation", () => {
  test("returns values, variants, reasons and the rule, for every type", async () => {
    await start();
    const split = { variant: "v1", reason: "SPLIT" };
    expect(await client.getBooleanDetails("on", false, ada)).toMatchObject({
      value: true,
      variant: "on",
      reason: "STATIC",
    });
    expect(await client.getStringDetails("colour", "", ada)).toMatchObject({
      value: "orange",
      ...split,
    });
    expect(await client.getNumberDetails("size", 0, ada)).toMatchObject({ value: 2, ...split });
    expect(await client.getObjectDetails("layout", {}, ada)).toMatchObject({
      value: { columns: 2 },
      ...split,
    });
    expect(await client.getBooleanDetails("staff", false, ada)).toMatchObject({
      value: true,
      reason: "TARGETING_MATCH",
      flagMetadata: { rule: "our staff" },
    });
    expect(
      await client.getBooleanDetails("needs_staff", true, { targetingKey: "u" }),
    ).toMatchObject({ value: false, variant: "off", reason: "DEFAULT" });
  });

  test("returns what the program's evaluator returns, for 1,000 callers", async () => {
    await start();
    const definitions = document() as unknown as Definitions;
    const compared = ["value", "variant", "reason"] as const;
    const differences: unknown[] = [];
    for (let user = 0; user < 1_000; user++) {
      const context = {
        targetingKey: `user-${user}`,
        email: `u@${user % 2 ? "bunting." : ""}example`,
      };
      for (const name of ["half", "staff", "needs_staff"]) {
        const expected = evaluate(definitions, name, context);
        const details = await client.getBooleanDetails(name, false, context);
        const isSame = compared.every((key) => details[key] === expected[key]);
        if (!isSame) differences.push({ context, details, expected });
      }
    }
    expect(differences).toEqual([]);
  });

  test("returns the caller's default, the code and the type that was found", async () => {
    await start();
    expect(await client.getNumberDetails("colour", 7, ada)).toMatchObject({
      value: 7,
      reason: "ERROR",
      errorCode: "TYPE_MISMATCH",
      errorMessage: 'Cannot read "colour" as a number: it is a string',
    });
    for (const name of ["no_such_flag", "constructor", "__proto__"]) {
      expect(await client.getStringDetails(name, "x", ada)).toMatchObject({
        value: "x",
        errorCode: "FLAG_NOT_FOUND",
        errorMessage: `Cannot find a flag "${name}"`,
      });
    }
  });

  test("never throws, for any context", async () => {
    await start();
    const cyclic: Record<string, unknown> = { targetingKey: Symbol() };
    cyclic.email = cyclic;
    const throwing = Object.defineProperty({}, "email", {
      enumerable: false,
      get: () => {
        throw new Error("A getter");
      },
    });
    for (const context of [null, undefined, cyclic, throwing, { email: new Date() }]) {
      expect(await client.getBooleanValue("on", false, context as EvaluationContext)).toBe(true);
      expect(await client.getBooleanValue("staff", false, context as EvaluationContext)).toBe(
        false,
      );
    }
  });

  test.each([
    ["a variant without a value", { enabled: true, variants: [["a"]] }],
    ["no variant", { enabled: true, variants: [] }],
    ["rules that are text", { enabled: true, rules: "all" }],
    [
      "an unknown audience",
      { enabled: true, rules: [{ name: "a", if: [["audience", "is", "x"]] }] },
    ],
    ["null conditions", { enabled: true, rules: [{ name: "a", if: [null] }] }],
    ["itself as a requirement", { enabled: true, requires: ["hostile"] }],
    ["a requirement that is no list", { enabled: true, requires: 7 }],
  ])("a definition with %s affects that flag only", async (_, hostile) => {
    source.answer = json(document({ hostile }));
    await start();
    expect(await client.getBooleanValue("hostile", false, ada)).toBe(false);
    expect(await client.getStringValue("colour", "", ada)).toBe("orange");
    source.answer = json(document({ hostile, on: { enabled: false } }));
    await vi.waitFor(async () => expect(await client.getBooleanValue("on", true)).toBe(false));
    expect(events).toEqual([ProviderEvents.Ready, "PROVIDER_CONFIGURATION_CHANGED on"]);
  });
});

describe("events", () => {
  test("ConfigurationChanged names the flags that are decided in another way", async () => {
    await start();
    source.answer = json(document({ on: { enabled: false }, added: { enabled: true } }));
    await vi.waitFor(() => expect(events).toHaveLength(2));
    expect(events[1]).toBe("PROVIDER_CONFIGURATION_CHANGED on added");
    expect(await client.getBooleanValue("on", true)).toBe(false);
    // An audience changes the flags whose rules refer to it, and those that require them.
    source.answer = json(document({ on: { enabled: false }, added: { enabled: true } }, "@other"));
    await vi.waitFor(() => expect(events).toHaveLength(3));
    expect(events[2]).toBe("PROVIDER_CONFIGURATION_CHANGED staff needs_staff");
    source.answer = json(document({ on: { enabled: false } }, "@other"));
    await vi.waitFor(() => expect(events).toHaveLength(4));
    expect(events[3]).toBe("PROVIDER_CONFIGURATION_CHANGED added");
  });

  test("a response with the same definitions emits nothing", async () => {
    await start();
    const { requests } = source;
    await vi.waitFor(() => expect(requests.length).toBeGreaterThan(3));
    expect(events).toEqual([ProviderEvents.Ready]);
  });

  test("Stale, with the reason, while requests fail; then Ready", async () => {
    await start();
    const messages: unknown[] = [];
    client.addHandler(ProviderEvents.Stale, (details) => messages.push(details?.message), {
      signal: listening.signal,
    });
    source.answer = respond(503, "text/plain", "");
    await vi.waitFor(() => expect(client.providerStatus).toBe(ProviderStatus.STALE));
    expect(messages).toEqual([`Cannot read "${url}": the status is 503; expected 200`]);
    expect(await client.getStringDetails("colour", "", ada)).toMatchObject({
      value: "orange",
      variant: "v1",
      reason: "STALE",
    });
    source.answer = json(document());
    await vi.waitFor(() => expect(client.providerStatus).toBe(ProviderStatus.READY), 3_000);
    expect(events).toEqual([ProviderEvents.Ready, ProviderEvents.Stale, ProviderEvents.Ready]);
    expect(await client.getStringDetails("colour", "", ada)).toMatchObject({ reason: "SPLIT" });
  });

  test("Error if there are no definitions at the start; Ready when they arrive", async () => {
    source.answer = respond(401, "application/json", "{}");
    await expect(start()).rejects.toThrow(
      `Cannot read "${url}": the status is 401; expected 200. Pass a token that may read it`,
    );
    expect(client.providerStatus).toBe(ProviderStatus.ERROR);
    expect(await client.getBooleanDetails("on", false)).toMatchObject({
      value: false,
      errorCode: "PROVIDER_NOT_READY",
    });
    source.answer = json(document());
    await vi.waitFor(
      () => expect(events).toEqual([ProviderEvents.Error, ProviderEvents.Ready]),
      3_000,
    );
    expect(await client.getBooleanValue("on", false)).toBe(true);
  });
});

describe("requests", () => {
  test("have the ETag of the held definitions and the token", async () => {
    source.answer = (request, response) => {
      if (request.headers["if-none-match"] === '"one"') return response.writeHead(304).end();
      response.setHeader("etag", '"one"');
      return json(document())(request, response);
    };
    await start({ token: "secret" });
    await vi.waitFor(() => expect(source.requests.length).toBeGreaterThan(2));
    const seen = source.requests.slice(0, 3).map(({ headers }) => headers["if-none-match"]);
    expect(seen).toEqual([undefined, '"one"', '"one"']);
    expect(source.requests[0]?.headers.authorization).toBe("Bearer secret");
    expect(client.providerStatus).toBe(ProviderStatus.READY);
  });

  const tooLarge: RequestListener = (_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    const chunk = Buffer.alloc(1_000_000, " ");
    const write = () => {
      if (!response.destroyed) response.write(chunk, write);
    };
    write();
  };
  const bodyThatHangs: RequestListener = (_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).write("{");
  };
  test.each<[string, RequestListener, RegExp, number?]>([
    ["no response in time", hang, /: no complete response in 200 ms$/, 0.2],
    ["a body that does not end", bodyThatHangs, /: no complete response in 200 ms$/, 0.2],
    ["a broken connection", (_, response) => response.destroy(), /: other side closed$/],
    [
      "a login page",
      respond(200, "text/html", "<p>"),
      /: the content type is "text\/html"; expected JSON$/,
    ],
    [
      "a document that is not published",
      respond(404, "text/plain", ""),
      /the status is 404; expected 200\. Write publish: \{ definitions: true \} to bunting\.yaml$/,
    ],
    [
      "a 304 that nobody asked for",
      respond(304, "text/plain", ""),
      /the status is 304; expected 200$/,
    ],
    ["more than 16 MB", tooLarge, /: it has more than 16000000 bytes$/],
    ["text that is not JSON", json("{"), /^Cannot read ".+" as JSON: /],
    ["a list", json([]), /expected \{"flags":\{…\}\} with "enabled" for each flag$/],
    [
      "flags that are no definitions",
      json({ flags: { a: true } }),
      /with "enabled" for each flag$/,
    ],
    [
      "deep nesting in a definition",
      json(`{"flags":{"on":{"enabled":true,"x":${"[".repeat(100_000)}${"]".repeat(100_000)}}}}`),
      /^Cannot read ".+" as JSON: Maximum call stack size exceeded$/,
    ],
    ["deep nesting", json("[".repeat(100_000)), /^Cannot read /],
    [
      "another environment",
      json({ ...document(), environment: "staging" }),
      /^Cannot use ".+": it is of the environment "staging"; expected "application"$/,
    ],
  ])("%s is refused, with what was found", async (_, answer, message, timeoutSeconds) => {
    source.answer = answer;
    const options = { environment: "application", timeoutSeconds };
    await expect(start(options)).rejects.toThrow(message);
    source.answer = json(document());
    await vi.waitFor(() => expect(client.providerStatus).toBe(ProviderStatus.READY), 3_000);
  });

  test("end when OpenFeature closes the provider, and start again when it is set again", async () => {
    const one = provider();
    await OpenFeature.setProviderAndWait(one);
    await OpenFeature.clearProviders();
    const count = source.requests.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(source.requests).toHaveLength(count);

    source.answer = json(document({ on: { enabled: false } }));
    await OpenFeature.setProviderAndWait(one);
    expect(await client.getBooleanValue("on", true)).toBe(false);
    source.answer = json(document());
    await vi.waitFor(async () => expect(await client.getBooleanValue("on", false)).toBe(true));
  });

  test("end when OpenFeature closes the provider before the first response", async () => {
    let isClosed = false;
    source.answer = (_, response) => response.on("close", () => (isClosed = true));
    const one = provider();
    const starting = OpenFeature.setProviderAndWait(one).catch((error: Error) => error.message);
    await vi.waitFor(() => expect(source.requests).toHaveLength(1));
    await one.onClose();
    expect(await starting).toBe("Cannot provide flags: OpenFeature closed the provider");
    await vi.waitFor(() => expect(isClosed).toBe(true));
  });
});
