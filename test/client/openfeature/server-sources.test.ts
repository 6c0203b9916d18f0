/** The provider for servers with a real server, a directory, and a copy on disk. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Client, OpenFeature, ProviderEvents, ProviderStatus } from "@openfeature/server-sdk";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import {
  BuntingServerProvider,
  type ServerProviderOptions,
} from "../../../client/openfeature-server.ts";
import { type TestRepository, temporaryDirectory, testRepository } from "../../git/repository.ts";
import { runScript } from "../../scripts/setup/run.ts";
import { type OwnApi, startService } from "../../server/setup/api.ts";
import { Remote } from "../../server/setup/remote.ts";
import { json, respond, type Source, startSource } from "../source.ts";
import { recordEvents } from "./provider-events.ts";

let client: Client;
let events: string[];
let listening: AbortController;
beforeEach(() => {
  client = OpenFeature.getClient();
  listening = new AbortController();
  events = recordEvents(client, Object.values(ProviderEvents), listening.signal);
});
afterEach(async () => {
  listening.abort();
  await OpenFeature.clearProviders();
});

async function start(options: ServerProviderOptions): Promise<void> {
  await OpenFeature.setProviderAndWait(new BuntingServerProvider(options));
}

const project = `format: 4
environments: [production, qa]
attributes: { country: string }
publish: { definitions: true }
`;
const checkout = (rollout: number) => `description: Check out in one step
enabled: true
rollout: ${rollout}
rules:
  - name: nordic
    if: { country: [SE, DK] }
    enabled: true
owner: billing
environments:
  qa:
    enabled: true
`;
const files = (rollout = 0) => ({
  "bunting.yaml": project,
  "flags/billing/new_checkout.yaml": checkout(rollout),
});

describe("a server", () => {
  const secret = (rollout: number) => ({
    "flags/billing/secret.yaml": `${checkout(rollout)}private: true\n`,
  });
  let api: OwnApi;
  beforeAll(async () => {
    api = await startService({ remote: new Remote({ ...files(), ...secret(0) }) });
  });

  test("is read with a token, and its event stream brings changes at once", async () => {
    const url = `${api.url}/v1/definitions.json`;
    await start({ url, token: api.tokens.of("reader"), stream: true, refreshSeconds: 3_600 });
    expect(await client.getBooleanDetails("new_checkout", true, { country: "NO" })).toMatchObject({
      value: false,
      reason: "DEFAULT",
    });
    expect(await client.getBooleanDetails("new_checkout", false, { country: "SE" })).toMatchObject({
      value: true,
      reason: "TARGETING_MATCH",
      flagMetadata: { rule: "nordic" },
    });
    api.remote.push({ "flags/billing/new_checkout.yaml": checkout(100) });
    await api.sync();
    await vi.waitFor(
      () => expect(events).toContain("PROVIDER_CONFIGURATION_CHANGED new_checkout"),
      5_000,
    );
    expect(await client.getBooleanValue("new_checkout", false, { country: "NO" })).toBe(true);
  });

  test("gives private flags, and announces their changes, to roles that may read them", async () => {
    const url = `${api.url}/v1/private/definitions.json`;
    await start({ url, token: api.tokens.of("admin"), stream: true, refreshSeconds: 3_600 });
    expect(await client.getBooleanValue("secret", false, { country: "SE" })).toBe(true);
    api.remote.push(secret(100));
    await api.sync();
    await vi.waitFor(
      () => expect(events).toContain("PROVIDER_CONFIGURATION_CHANGED secret"),
      5_000,
    );
    expect(await client.getBooleanValue("secret", false, { country: "NO" })).toBe(true);
  });

  test("refuses another token, and the error says so", async () => {
    const url = `${api.url}/qa/v1/definitions.json`;
    await expect(start({ url, token: "bnt_wrong", stream: true })).rejects.toThrow(
      `Cannot read "${url}": the status is 401; expected 200. Pass a token that may read it`,
    );
  });
});

describe("a directory", () => {
  let repository: TestRepository;
  let directory: string;
  const build = async () => {
    const ran = await runScript("build", ["--out", directory], { in: repository.directory });
    expect(ran).toMatchObject({ code: 0, stderr: expect.not.stringContaining("Cannot") });
  };
  beforeAll(async () => {
    repository = testRepository();
    repository.change(1_725_105_600, files());
    directory = path.join(temporaryDirectory(), "release");
    await build();
  });

  test("that bunting build wrote is read, and read again after the next build", async () => {
    await start({ directory, environment: "production", refreshSeconds: 0.05 });
    expect(await client.getBooleanValue("new_checkout", true, { country: "NO" })).toBe(false);
    repository.change(1_725_105_660, files(100));
    await build();
    await vi.waitFor(
      () => expect(events).toContain("PROVIDER_CONFIGURATION_CHANGED new_checkout"),
      5_000,
    );
    expect(await client.getBooleanValue("new_checkout", false, { country: "NO" })).toBe(true);
    expect(events).not.toContain(ProviderEvents.Stale);
  });

  test("has another environment in a folder", async () => {
    await start({ directory, environment: "qa" });
    expect(await client.getBooleanValue("new_checkout", false)).toBe(true);
  });

  test("without the environment is refused", async () => {
    await expect(start({ directory, environment: "staging" })).rejects.toThrow(
      'it is of the environment "production"; expected "staging"',
    );
  });

  test("that does not exist yet is read when it does", async () => {
    const later = path.join(temporaryDirectory(), "later");
    await expect(start({ directory: later, refreshSeconds: 0.05 })).rejects.toThrow(
      `Cannot read "${later}": there is no "${later}/v1/definitions.json"`,
    );
    mkdirSync(path.join(later, "v1"), { recursive: true });
    writeFileSync(path.join(later, "v1/definitions.json"), '{"flags":{"on":{"enabled":true}}}');
    await vi.waitFor(() => expect(client.providerStatus).toBe(ProviderStatus.READY), 5_000);
    expect(await client.getBooleanValue("on", false)).toBe(true);
  });

  test("with a named pipe in place of the file is refused at once", async () => {
    const other = temporaryDirectory();
    mkdirSync(path.join(other, "v1"));
    execFileSync("mkfifo", [path.join(other, "v1/definitions.json")]);
    await expect(start({ directory: other })).rejects.toThrow("it is not a regular file");
  });
});

describe("cacheFile", () => {
  let source: Source;
  let url: string;
  let cacheFile: string;
  const definitions = { environment: "application", flags: { on: { enabled: true } } };
  beforeEach(async () => {
    source = await startSource((request, response) => {
      response.setHeader("etag", '"one"');
      if (request.headers["if-none-match"] === '"one"') response.writeHead(304).end();
      else json(definitions)(request, response);
    });
    url = source.url.replace("feature-flags/", "definitions.json");
    cacheFile = path.join(temporaryDirectory(), "flags.json");
  });
  afterEach(() => source[Symbol.asyncDispose]());

  async function stored(): Promise<void> {
    await start({ url, cacheFile });
    await OpenFeature.clearProviders();
    events.length = 0;
  }

  test("has the last good definitions for a start without the source: STALE", async () => {
    await stored();
    expect(statSync(cacheFile).mode & 0o777).toBe(0o600);
    expect(readdirSync(path.dirname(cacheFile))).toEqual(["flags.json"]);
    source.answer = respond(503, "text/plain", "");
    await start({ url, cacheFile });
    await vi.waitFor(() => expect(events).toEqual([ProviderEvents.Ready, ProviderEvents.Stale]));
    expect(await client.getBooleanDetails("on", false)).toMatchObject({
      value: true,
      reason: "STALE",
    });
  });

  test("keeps the ETag, so that a restart transfers no known document", async () => {
    await stored();
    await start({ url, cacheFile });
    expect(source.requests.map(({ headers }) => headers["if-none-match"])).toEqual([
      undefined,
      '"one"',
    ]);
    expect(await client.getBooleanDetails("on", false)).toMatchObject({
      value: true,
      reason: "STATIC",
    });
  });

  test("a refused response does not replace the copy", async () => {
    await start({ url, cacheFile, refreshSeconds: 0.02 });
    const before = readFileSync(cacheFile, "utf8");
    source.answer = json({ flags: { on: false } });
    await vi.waitFor(() => expect(events).toContain(ProviderEvents.Stale));
    expect(readFileSync(cacheFile, "utf8")).toBe(before);
  });

  const edit = (change: (copy: Record<string, unknown>) => unknown) => {
    writeFileSync(cacheFile, JSON.stringify(change(JSON.parse(readFileSync(cacheFile, "utf8")))));
  };
  test.each<[string, () => void]>([
    ["is cut off", () => writeFileSync(cacheFile, readFileSync(cacheFile, "utf8").slice(0, -9))],
    ["is empty", () => writeFileSync(cacheFile, "")],
    ["is not an object", () => writeFileSync(cacheFile, "null")],
    [
      "has other definitions than its hash says",
      () => edit((copy) => ({ ...copy, text: '{"flags":{}}' })),
    ],
    ["has no text", () => edit(({ text, ...copy }) => copy)],
    ["is of another source", () => edit((copy) => ({ ...copy, source: "https://other.example" }))],
    ["is of another format", () => edit((copy) => ({ ...copy, format: 2 }))],
    [
      "is a directory",
      () => {
        execFileSync("rm", [cacheFile]);
        mkdirSync(cacheFile);
      },
    ],
    [
      "is a named pipe",
      () => {
        execFileSync("rm", [cacheFile]);
        execFileSync("mkfifo", [cacheFile]);
      },
    ],
  ])("a copy that %s is ignored", async (_, poison) => {
    vi.spyOn(console, "warn").mockReturnValue();
    await stored();
    poison();
    source.answer = respond(503, "text/plain", "");
    const options = { url, cacheFile, refreshSeconds: 0.02 };
    await expect(start(options)).rejects.toThrow("the status is 503");
    source.answer = json(definitions);
    await vi.waitFor(() => expect(client.providerStatus).toBe(ProviderStatus.READY), 5_000);
  });

  test("a copy of another environment is ignored", async () => {
    await stored();
    source.answer = respond(503, "text/plain", "");
    await expect(start({ url, cacheFile, environment: "staging" })).rejects.toThrow("503");
  });

  test("a copy that cannot be written is no failure; the console says so once", async () => {
    const warn = vi.spyOn(console, "warn").mockReturnValue();
    source.answer = json(definitions);
    const missing = path.join(temporaryDirectory(), "missing/flags.json");
    await start({ url, cacheFile: missing, refreshSeconds: 0.02 });
    await vi.waitFor(() => expect(source.requests.length).toBeGreaterThan(3));
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^Cannot store flags in ".+\/missing\/flags\.json": ENOENT/)],
    ]);
    expect(client.providerStatus).toBe(ProviderStatus.READY);
    expect(existsSync(missing)).toBe(false);
  });
});
