import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { respond } from "../../../schema/compile/release.ts";
import { invalidate } from "../../../store/cdn/cloudfront.ts";
import { waitUntilLive } from "../../../store/cdn/live.ts";
import { describeWithNginx } from "../../cdn/edge.ts";
import { startNginx } from "../../cdn/nginx.ts";
import { startS3Double } from "../../s3/double.ts";
import { History, S3Site } from "../publish/publishing.ts";

const list = "/v1/feature-flags/";
const flag = "/v1/feature-flags/meal_planning";

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

async function serve(answer: RequestListener): Promise<string> {
  server = createServer(answer).listen(0, "127.0.0.1");
  await vi.waitUntil(() => server?.listening);
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe("waitUntilLive()", () => {
  const wanted = { path: flag, response: respond(flag, '{"enabled":true,"description":"ü"}') };
  const gone = { path: list };

  test("waits for the expected bytes", async () => {
    let received = 0;
    const base = await serve((_request, response) => {
      received += 1;
      response.end(received < 3 ? '{"enabled":false}' : wanted.response.body);
    });
    expect(await waitUntilLive(base, [wanted], 30_000)).toEqual([]);
    expect(received).toBe(3);
  });

  test("accepts an answer in the last seconds", async () => {
    const base = await serve((_request, response) => response.end(wanted.response.body));
    expect(await waitUntilLive(base, [wanted], 5_000)).toEqual([]);
  });

  test.each([404, 403])("accepts a %i as removed", async (status) => {
    let received = 0;
    const base = await serve((_request, response) => {
      received += 1;
      response.writeHead(received < 2 ? 200 : status).end("{}");
    });
    expect(await waitUntilLive(base, [gone], 30_000)).toEqual([]);
    expect(received).toBe(2);
  });

  test("requests URLs below the base, and only those that are not live yet", async () => {
    const received: string[] = [];
    const base = await serve((request, response) => {
      received.push(request.url ?? "");
      const isFirst = received.filter((url) => url === request.url).length === 1;
      if (request.url?.endsWith(list) && !isFirst) response.writeHead(404);
      response.end(wanted.response.body);
    });
    expect(await waitUntilLive(`${base}/cdn/`, [wanted, gone], 30_000)).toEqual([]);
    expect(received.sort()).toEqual([`/cdn${list}`, `/cdn${list}`, `/cdn${flag}`]);
  });

  test.each<[string, RequestListener]>([
    [
      "an error with the right body",
      (_, response) => response.writeHead(500).end(wanted.response.body),
    ],
    ["a redirect", (_, response) => response.writeHead(302, { location: "/elsewhere" }).end()],
    ["half of it", (_, response) => response.end(wanted.response.body.slice(0, 9))],
    ["no answer", () => {}],
    ["a broken connection", (request) => request.socket.destroy()],
  ])("times out on %s, and returns its path", async (_what, answer) => {
    const base = await serve(answer);
    const began = Date.now();
    expect(await waitUntilLive(base, [wanted], 300)).toEqual([flag]);
    expect(Date.now() - began).toBeLessThan(10_000);
  });

  test("times out if no server answers", async () => {
    const base = await serve(() => {});
    server?.close();
    expect(await waitUntilLive(base, [wanted, gone], 100)).toEqual([flag, list]);
  });
});

describe("invalidate()", () => {
  beforeEach(() => {
    vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIACLOUDFRONT");
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret");
  });
  interface ReceivedRequest {
    readonly url: string;
    readonly paths: readonly string[];
    readonly quantity: number;
    readonly reference: string;
    readonly authorization: string;
  }

  /** A stand-in for CloudFront that refuses the first `failures` requests. */
  async function standIn(failures = 0, status = 503): Promise<ReceivedRequest[]> {
    const received: ReceivedRequest[] = [];
    const endpoint = await serve((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      request.on("end", () => {
        received.push({
          url: `${request.method} ${request.url}`,
          paths: [...body.matchAll(/<Path>(.*?)<\/Path>/g)].map(([, path = ""]) => path),
          quantity: Number(/<Quantity>(\d+)</.exec(body)?.[1]),
          reference: /<CallerReference>(.*?)</.exec(body)?.[1] ?? "",
          authorization: request.headers.authorization ?? "",
        });
        response.setHeader("content-type", "text/xml");
        if (received.length <= failures) response.writeHead(status).end();
        else response.writeHead(201).end("<Invalidation><Id>I1</Id></Invalidation>");
      });
    });
    vi.stubEnv("AWS_ENDPOINT_URL_CLOUDFRONT", endpoint);
    return received;
  }

  test("sends exactly these paths, signed", async () => {
    const received = await standIn();
    await invalidate("E123", "9f8e7d6", [list, flag]);
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({ paths: [list, flag], quantity: 2 });
    expect(received[0]?.url).toMatch(/^POST \/\d{4}-\d\d-\d\d\/distribution\/E123\/invalidation$/);
    expect(received[0]?.authorization).toContain("Credential=AKIACLOUDFRONT/");
  });

  test("sends 7,000 paths as one wildcard, and each invalidation with its own reference", async () => {
    const received = await standIn();
    const paths = Array.from({ length: 7_000 }, (_, at) => `${list}flag_${at}`);
    for (const _ of [1, 2]) {
      expect(await invalidate("E123", "9f8e7d6", paths)).toEqual([`${list}*`]);
    }
    expect(received.map((one) => one.paths)).toEqual([[`${list}*`], [`${list}*`]]);
    expect(new Set(received.map(({ reference }) => reference)).size).toBe(2);
  });

  test("repeats a request without an answer with the same reference", async () => {
    const received = await standIn(2);
    await invalidate("E123", "9f8e7d6", [flag]);
    expect(received).toHaveLength(3);
    expect(new Set(received.map(({ reference }) => reference)).size).toBe(1);
  });

  test("uses another reference for another publication of the same paths", async () => {
    const received = await standIn();
    await invalidate("E123", "9f8e7d6", [flag]);
    await invalidate("E123", "9f8e7d6", [flag]);
    expect(new Set(received.map(({ reference }) => reference)).size).toBe(2);
  });

  test("sends nothing if nothing changed", async () => {
    const received = await standIn();
    await invalidate("E123", "9f8e7d6", []);
    expect(received).toEqual([]);
  });

  test("names the distribution in the error", async () => {
    await standIn(1, 403);
    await expect(invalidate("E123", "9f8e7d6", [flag])).rejects.toThrow(
      /^Cannot invalidate "E123": /,
    );
  });
});

describeWithNginx("behind a CDN", () => {
  test("waitUntilLive() finds a release once the CDN's copy of the old one expires", async () => {
    await using double = await startS3Double({ bucket: "flags", publicRead: true });
    const site = new S3Site(double);
    await using nginx = await startNginx({
      origin: double.endpoint,
      bucket: `flags/${site.prefix.slice(0, -1)}`,
    });
    const history = new History();
    const old = history.commit({ meal_planning: true, food_search: true, data_export: true });
    const next = history.commit({ meal_planning: false, food_search: null });
    const headers = { cacheControl: "public, max-age=1, stale-if-error=86400" };
    const bodyOf = async (path: string) => (await fetch(nginx.url + path)).text();
    const bodiesOf = async (commit: string) => {
      const { responses } = await history.release(commit);
      return new Map(responses.map((response) => [response.path, response]));
    };

    await history.publish(site.open(), old, headers);
    const [before, after] = [await bodiesOf(old), await bodiesOf(next)];
    for (const path of [list, flag]) expect(await bodyOf(path)).toBe(before.get(path)?.body);

    const options = { ...headers, allow: "A test removes a flag" };
    const { publication } = await history.publish(site.open(), next, options);
    const expected = [
      ...publication.put.map((response) => ({ path: response.path, response })),
      ...publication.remove.map((path) => ({ path })),
    ];
    expect(expected.length).toBe(3 + 3 + 3);
    expect(await waitUntilLive(nginx.url, expected, 50_000)).toEqual([]);
    for (const path of [list, flag]) expect(await bodyOf(path)).toBe(after.get(path)?.body);

    await double.close();
    const stale = async () => {
      const answer = await fetch(nginx.url + list);
      expect(await answer.text()).toBe(after.get(list)?.body);
      return answer.headers.get("x-cache-status");
    };
    await expect.poll(stale, { timeout: 20_000 }).toBe("STALE");
    expect(await bodyOf(flag)).toBe(after.get(flag)?.body);
  });
});
