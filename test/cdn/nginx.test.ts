import { afterAll, beforeAll, expect, test } from "vitest";
import { storedObject } from "../s3/double.ts";
import { describeWithNginx, type Edge, startEdge } from "./edge.ts";

const FLAG = "v1/feature-flags/meal_planning";
const FRESH = "public, max-age=3600";

describeWithNginx("the CDN", () => {
  let edge: Edge;
  beforeAll(async () => {
    edge = await startEdge({ publicList: true });
    putProblems(edge);
  });
  afterAll(() => edge?.[Symbol.asyncDispose]());

  test.each(["v1/feature-flags/", FLAG, "staging/v1/feature-flags/"])(
    "serves %s with the origin's bytes, type and ETag, and requests it once",
    async (key) => {
      const body = `{"key":"${key}"}`;
      const { etag } = edge.put(key, body, FRESH);
      for (const cache of ["MISS", "HIT"]) {
        const answer = await edge.get(key);
        expect(answer).toMatchObject({ status: 200, text: body, cache });
        expect(answer.headers.get("content-type")).toBe("application/json");
        expect(answer.headers.get("etag")).toBe(etag);
        expect(answer.headers.get("cache-control")).toBe(FRESH);
        expect(answer.headers.get("access-control-allow-origin")).toBe("*");
      }
      expect(edge.originStatuses(key)).toEqual([200]);
    },
  );

  test("answers HEAD without a body, and keeps the body for GET", async () => {
    edge.put("head", "{}", FRESH);
    const head = await edge.get("head", { method: "HEAD" });
    expect(head).toMatchObject({ status: 200, text: "" });
    expect(head.headers.get("content-length")).toBe("2");
    expect(await edge.get("head")).toMatchObject({ cache: "HIT", text: "{}" });
  });

  test("answers 304 to a client that has the bytes", async () => {
    const { etag } = edge.put("validated", "{}", FRESH);
    for (const cache of ["MISS", "HIT"]) {
      const answer = await edge.get("validated", { headers: { "if-none-match": etag } });
      expect(answer).toMatchObject({ status: 304, text: "", cache });
      expect(answer.headers.get("etag")).toBe(etag);
    }
    const other = await edge.get("validated", { headers: { "if-none-match": '"other"' } });
    expect(other.status).toBe(200);
  });

  test("answers 404 with the bucket's problem document", async () => {
    const { status, headers, text } = await edge.get("v1/feature-flags/none");
    expect(status).toBe(404);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(JSON.parse(text)).toEqual({ title: "No such flag", status: 404 });
  });

  test("answers 403 with the bucket's problem document if it may not list", async () => {
    await using shy = await startEdge();
    putProblems(shy);
    const { status, headers, text } = await shy.get("v1/feature-flags/none");
    expect(status).toBe(403);
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(JSON.parse(text)).toEqual({ title: "Not allowed", status: 403 });
  });

  test("answers JSON, never S3's XML, if the bucket has no problem documents", async () => {
    await using bare = await startEdge({ publicList: true });
    const problem = async (path: string) => {
      const { status, headers, text } = await bare.get(path);
      expect(headers.get("content-type")).toBe("application/problem+json");
      expect(JSON.parse(text)).toMatchObject({ type: "about:blank", status });
      return `${status} ${JSON.parse(text).title}`;
    };
    expect(await problem(FLAG)).toBe("404 Not Found");
    expect(await problem("errors/404.json")).toBe("404 Not Found");
    bare.s3.fault({ kind: "SlowDown" });
    expect(await problem("v1/feature-flags/slow")).toBe("503 Service Unavailable");
    await bare.s3.close();
    expect(await problem("v1/feature-flags/dead")).toBe("502 Bad Gateway");
  });

  test.each(["POST", "PUT", "PATCH", "DELETE"])("answers 405 to %s", async (method) => {
    const { status, headers, text } = await edge.get(FLAG, { method });
    expect(status).toBe(405);
    expect(headers.get("allow")).toBe("GET, HEAD, OPTIONS");
    expect(headers.get("content-type")).toBe("application/problem+json");
    expect(JSON.parse(text)).toMatchObject({ title: "Method Not Allowed", status: 405 });
    expect(edge.s3.requests.filter((request) => request.method === method)).toEqual([]);
  });

  test("answers a browser's preflight", async () => {
    const { status, headers } = await edge.get(FLAG, { method: "OPTIONS" });
    expect(status).toBe(204);
    expect(headers.get("access-control-allow-origin")).toBe("*");
    expect(headers.get("access-control-allow-methods")).toBe("GET, HEAD");
    expect(headers.get("access-control-allow-headers")).toBe("If-None-Match");
  });

  test("passes neither query nor headers, and shows no listing", async () => {
    edge.put("plain", "{}", FRESH);
    const headers = { authorization: "Bearer secret", cookie: "a=b", range: "bytes=0-0" };
    await edge.get("plain?acl&versionId=1", { headers });
    const [request] = edge.s3.requests.filter(({ key }) => key === "plain");
    expect(request?.path).toBe("/flags/plain");
    expect([...(request?.query.keys() ?? [])]).toEqual([]);
    expect(Object.keys(request?.headers ?? {}).sort()).toEqual(["connection", "host"]);
    expect(`http://${request?.headers.host}`).toBe(edge.s3.endpoint);

    expect((await edge.get("?list-type=2")).status).toBe(404);
    expect(edge.s3.requests.some(({ operation }) => operation === "ListObjectsV2")).toBe(false);
  });

  test("passes the path unchanged", async () => {
    edge.put("v1/a b%é?", "odd", FRESH);
    expect((await edge.get("v1/a%20b%25%C3%A9%3F")).text).toBe("odd");
    expect((await edge.get("v1/%0D%0Ax")).status).toBe(404);
  });

  test("sends one request to the origin for many concurrent ones", async () => {
    edge.put("shared", "{}", FRESH);
    edge.s3.fault({ kind: { delay: 500 }, match: ({ key }) => key === "shared" });
    const answers = await Promise.all(Array.from({ length: 20 }, () => edge.get("shared")));
    expect(answers.map(({ text }) => text)).toEqual(Array(20).fill("{}"));
    expect(edge.originStatuses("shared")).toEqual([200]);
  });
});

function putProblems({ s3 }: Edge): void {
  const headers = { contentType: "application/problem+json", cacheControl: FRESH };
  const notFound = JSON.stringify({ title: "No such flag", status: 404 });
  const forbidden = JSON.stringify({ title: "Not allowed", status: 403 });
  s3.objects.set("errors/404.json", storedObject(notFound, headers));
  s3.objects.set("errors/403.json", storedObject(forbidden, headers));
}
