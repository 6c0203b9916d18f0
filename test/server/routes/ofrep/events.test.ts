/** OFREP's event streams: who may open one, what is sent, and when it ends. */
import { beforeAll, describe, expect, test, vi } from "vitest";
import { type OwnApi, startService, until } from "../../setup/api.ts";
import { Remote } from "../../setup/remote.ts";
import { Stream } from "../../setup/stream.ts";
import { TestTokens } from "../../setup/tokens.ts";
import { ofrepRemote, path } from "./flags.ts";

const events = "/ofrep/v1/events";
const plain = (enabled: boolean) => `description: Plain\nenabled: ${enabled}\n`;

/** The URL of the stream that a bulk evaluation names. */
async function streamUrl(api: OwnApi, as = "reader", folder = ""): Promise<string> {
  const { json } = await api.ask(`POST ${folder}${path}`, { as, body: {} });
  expect(json.eventStreams).toEqual([
    { type: "sse", endpoint: { requestUri: expect.stringMatching(/^\/[\w/-]+\?ticket=[\w-]+$/) } },
  ]);
  return json.eventStreams[0].endpoint.requestUri;
}

/** Opens a stream as a browser does: without a token, from any origin. */
function openByTicket(api: OwnApi, url: string, headers: Record<string, string> = {}) {
  return Stream.open(api, url, { as: null, headers });
}

describe("an event stream", () => {
  let api: OwnApi;
  beforeAll(async () => {
    api = await startService({ remote: ofrepRemote() });
  });

  test("sends an event after a commit that changes a definition, and not after others", async () => {
    const stream = await openByTicket(api, await streamUrl(api));
    const first = await stream.event(0);
    expect(first.data).toEqual({ type: "refetchEvaluation", etag: `"${first.id}"` });
    api.remote.push({ "flags/plain.yaml": "description: Other words\nenabled: true\n" });
    await api.sync();
    api.remote.push({ "flags/plain.yaml": plain(false) });
    await api.sync();
    const second = await stream.event(1);
    expect(second.id).not.toBe(first.id);
    expect(stream.events).toHaveLength(2);
    api.remote.push({ "flags/plain.yaml": plain(true) });
    await api.sync();
    expect((await stream.event(2)).id).toBe(first.id);
    stream.close();
  });

  test("sends events for changes of its own environment only, private flags included", async () => {
    const root = await openByTicket(api, await streamUrl(api));
    const other = await openByTicket(api, await streamUrl(api, "reader", "/test"));
    const [{ id }] = [await root.event(0), await other.event(0)];
    const nordic = "description: Nordic\nenabled: true\nprivate: true\nenvironments:\n  test:\n";
    api.remote.push({ "flags/nordic.yaml": `${nordic}    enabled: true\n` });
    await api.sync();
    await Promise.all([root.event(1), other.event(1)]);
    api.remote.push({ "flags/nordic.yaml": `${nordic}    enabled: false\n` });
    await api.sync();
    await other.event(2);
    expect(root.events).toHaveLength(2);
    expect(root.events[1]?.id).not.toBe(id);
    for (const stream of [root, other]) stream.close();
  });

  test("sends nothing to a client that has the newest event already", async () => {
    const url = await streamUrl(api);
    const before = await openByTicket(api, url);
    const { id } = await before.event(0);
    before.close();
    const again = await openByTicket(api, url, { "Last-Event-ID": id });
    await until(() => again.comments.includes(": same"));
    expect(again.events).toEqual([]);
    again.close();
  });

  test("has headers that keep proxies from holding events back", async () => {
    const stream = await openByTicket(api, await streamUrl(api));
    expect(stream.response.headers).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-store, no-transform",
      "x-accel-buffering": "no",
    });
    stream.close();
  });

  test("is opened with a token too, and refused without Accept", async () => {
    const stream = await Stream.open(api, events);
    expect(stream.status).toBe(200);
    stream.close();
    expect((await api.ask(`GET ${events}`)).status).toBe(406);
    const accept = { Accept: "text/event-stream" };
    expect(await api.ask(`HEAD ${events}`, { headers: accept })).toMatchObject({ status: 200 });
    expect((await api.ask(`GET /staging${events}`, { headers: accept })).status).toBe(404);
  });
});

describe("a ticket", () => {
  const statusOf = async (api: OwnApi, url: string) => {
    const stream = await openByTicket(api, url);
    stream.close();
    return stream.status;
  };

  test("is the same for the same token and environment, so that clients stay connected", async () => {
    const api = await startService({ remote: ofrepRemote() });
    const url = await streamUrl(api);
    expect(await streamUrl(api)).toBe(url);
    api.remote.push({ "flags/plain.yaml": plain(false) });
    await api.sync();
    expect(await streamUrl(api)).toBe(url);
    const others = [await streamUrl(api, "editor"), await streamUrl(api, "reader", "/test")];
    expect(new Set([url, ...others]).size).toBe(3);
  });

  test("does not contain the token, and opens nothing else", async () => {
    const api = await startService({ remote: ofrepRemote() });
    const url = await streamUrl(api, "admin");
    const ticket = url.split("ticket=")[1] ?? "";
    const readable = `${ticket} ${Buffer.from(ticket, "base64url").toString("latin1")}`;
    expect(readable).not.toContain(api.tokens.of("admin"));
    for (const what of ["GET /v1/feature-flags/", "GET /metrics", `POST ${path}`]) {
      const { status } = await api.ask(`${what}?ticket=${ticket}`, { as: null, body: {} });
      expect(status).toBe(401);
    }
    expect(await statusOf(api, `/test${events}?ticket=${ticket}`)).toBe(401);
    const bearer = { Authorization: `Bearer ${ticket}` };
    expect((await api.ask("GET /metrics", { as: null, headers: bearer })).status).toBe(401);
  });

  test("is accepted by servers with the same key, and by no others", async () => {
    const remote = ofrepRemote();
    const tokens = new TestTokens();
    const start = (key: string) =>
      startService({ remote, tokens, env: { FLAGS_COMMIT_KEY: key.repeat(64) } });
    const [one, same, other] = [await start("1"), await start("1"), await start("2")];
    const url = await streamUrl(one);
    expect(await streamUrl(same)).toBe(url);
    expect(await statusOf(same, url)).toBe(200);
    expect(await statusOf(other, url)).toBe(401);
  });

  test("that was changed, cut or invented is refused with 401", async () => {
    const api = await startService({ remote: ofrepRemote() });
    const url = await streamUrl(api);
    const ticket = url.split("ticket=")[1] ?? "";
    const changedAt = (at: number) =>
      `${ticket.slice(0, at)}${ticket[at] === "A" ? "B" : "A"}${ticket.slice(at + 1)}`;
    const bad = [
      "",
      "x",
      ticket.slice(0, -1),
      ticket.slice(0, 30),
      changedAt(0),
      changedAt(20),
      `${ticket}A`,
      ticket.toLowerCase(),
      "A".repeat(9_000),
      "%00",
      "%F0%9F%98%80",
    ];
    for (const one of bad) expect(await statusOf(api, `${events}?ticket=${one}`)).toBe(401);
    expect(await statusOf(api, `${events}?ticket=${ticket}&ticket=${ticket}`)).toBe(401);
    expect(await statusOf(api, `${events}?ticket[a]=${ticket}`)).toBe(401);
  });

  test("is valid as long as the token: the stream ends at the next event, and cannot be opened again", async () => {
    const api = await startService({ remote: ofrepRemote() });
    const url = await streamUrl(api, "editor");
    const stream = await openByTicket(api, url);
    await stream.event(0);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2_000 });
    api.tokens.remove("editor");
    api.remote.push({ "flags/plain.yaml": plain(false) });
    await api.sync();
    await until(() => stream.isOver);
    expect(stream.events).toHaveLength(1);
    expect(await statusOf(api, url)).toBe(401);
  });

  test("of a token that is narrowed to other environments is refused with 403", async () => {
    const api = await startService({ remote: ofrepRemote() });
    const url = await streamUrl(api, "editor");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 2_000 });
    api.tokens.edit("editor", { environments: ["test"] });
    expect(await statusOf(api, url)).toBe(403);
  });
});

test("a stream ends if its environment is no longer served", async () => {
  const api = await startService({ remote: ofrepRemote() });
  const stream = await openByTicket(api, await streamUrl(api, "reader", "/test"));
  await stream.event(0);
  api.remote.push({
    "bunting.yaml": "environments: [production]\n",
    "flags/killed.yaml": "enabled: false\n",
    "flags/nordic.yaml": "enabled: true\n",
    "flags/layout.yaml": "enabled: true\n",
  });
  await api.sync();
  await until(() => stream.isOver);
});

describe("a bulk evaluation after an event of another server", () => {
  const ask = (api: OwnApi, etag: string) =>
    api.ask(`POST ${path}?flagConfigEtag=${encodeURIComponent(etag)}`, { body: {} });
  const plainOf = ({ json }: { json: { flags: { key: string; value: unknown }[] } }) =>
    json.flags.find(({ key }) => key === "plain")?.value;

  test("fetches the commit that the other server announced", async () => {
    const remote = ofrepRemote();
    const [one, behind] = [await startService({ remote }), await startService({ remote })];
    const stream = await Stream.open(one, events);
    await stream.event(0);
    remote.push({ "flags/plain.yaml": plain(false) });
    await one.sync();
    const { data } = await stream.event(1);
    expect(plainOf(await behind.ask(`POST ${path}`, { body: {} }))).toBe(true);
    expect(plainOf(await ask(behind, data.etag))).toBe(false);
    stream.close();
  });

  test("is answered with the current flags if the version is unknown, and starts few fetches", async () => {
    const remote = new Remote({ "flags/plain.yaml": plain(true) });
    const api = await startService({ remote });
    const started = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        ask(api, index % 2 ? '"no version"' : "x".repeat(5_000)),
      ),
    );
    expect(answers.map(plainOf)).toEqual(answers.map(() => true));
    expect(performance.now() - started).toBeLessThan(10_000);
    const { text } = await api.ask("GET /metrics");
    const [, fetches] =
      /git_duration_seconds_count\{operation="fetch",result="ok"\} (\d+)/.exec(text) ?? [];
    expect(Number(fetches)).toBeLessThanOrEqual(5);
  });
});
