/** Malformed requests, sent byte by byte over sockets, because client libraries refuse to send them. */
import { connect } from "node:net";
import { beforeAll, describe, expect, test } from "vitest";
import { type OwnApi, startService } from "../setup/api.ts";

let api: OwnApi;
beforeAll(async () => {
  api = await startService();
});

interface RawResponse {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends a request line with an admin's token, and returns the whole answer. */
async function sendRequestLine(line: string, more: readonly string[] = []): Promise<RawResponse> {
  const head = [line, "Host: flags.example", "Connection: close", token(), ...more, "", ""];
  const text = await sendBytes(head.join("\r\n"));
  const [start = "", ...lines] = text.slice(0, text.indexOf("\r\n\r\n")).split("\r\n");
  const headers = lines.map((header) => {
    const colon = header.indexOf(": ");
    return [header.slice(0, colon).toLowerCase(), header.slice(colon + 2)];
  });
  return {
    status: Number(start.split(" ")[1]),
    headers: Object.fromEntries(headers),
    body: text.slice(text.indexOf("\r\n\r\n") + 4),
  };
}

function token(): string {
  return `Authorization: Bearer ${api.tokens.of("admin")}`;
}

/** Sends these bytes, and returns the whole answer. */
function sendBytes(bytes: string): Promise<string> {
  const { hostname, port } = new URL(api.url);
  return new Promise<string>((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.end(bytes, "latin1"));
    let answer = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => {
      answer += chunk;
    });
    socket.on("error", reject).on("close", () => resolve(answer));
  });
}

const list = "/v1/feature-flags/";

describe("a hostile or unknown target is answered with 404", () => {
  test.each([
    `${list}../../../../etc/passwd`,
    "/../../../../etc/passwd",
    `${list}..`,
    `${list}%2e%2e%2f%2e%2e%2fetc%2fpasswd`,
    `${list}..%2f..%2fpackage.json`,
    `${list}..%5c..%5cpackage.json`,
    `${list}a%00`,
    `${list}a%0Ab`,
    `${list}a%0d%0aSet-Cookie:%20a=b`,
    `${list}-x`,
    `${list}--output=x`,
    `${list}:(glob)*`,
    `${list}*`,
    `${list}\\`,
    `${list};meal_planning`,
    `${list}constructor`,
    `${list}__proto__`,
    `${list}toString`,
    `${list}hasOwnProperty`,
    "/__proto__/v1/feature-flags/",
    "/constructor/v1/feature-flags/meal_planning",
    "/errors/constructor",
    "/errors/..%2f404.json",
    `${list}%E2%80%AEmeal_planning`,
    `${list}${"a".repeat(10_000)}`,
    `${list}${"%41".repeat(3_000)}`,
    `/${"v1/".repeat(3_000)}`,
    "//v1/feature-flags/",
    "///",
    "/package.json",
    "/.git/config",
    "/flags/nutrition/meal_planning.yaml",
    `${list}index.json`,
    "/manifest.json",
    `${list}meal_planning.json`,
    "*",
    "http://other.example",
    "http://[",
    "http://[::1]:x/",
    "http://xn--/",
    "http://a:b:c/",
    "ftp://flags.example/etc/passwd",
    "file:///etc/passwd",
  ])("GET %s", async (target) => {
    const { status, headers, body } = await sendRequestLine(`GET ${target} HTTP/1.1`);
    expect({ status, type: headers["content-type"] }).toEqual({
      status: 404,
      type: "application/problem+json",
    });
    expect(headers["set-cookie"]).toBeUndefined();
    expect(body.length).toBeLessThan(1_500);
    expect(body).not.toMatch(/root:|"name": "bunting"|repositoryformatversion|node_modules/);
  });
});

describe("a target that is not a URL is answered with 400", () => {
  test.each(["%", "%zz", "%2", "%E0%A4%A", "%ff", "%C0%AE%C0%AE", "meal_planning%"])(
    "GET …/%s, as problem details",
    async (name) => {
      const { status, headers, body } = await sendRequestLine(`GET ${list}${name} HTTP/1.1`);
      expect({ status, type: headers["content-type"] }).toEqual({
        status: 400,
        type: "application/problem+json",
      });
      expect(JSON.parse(body)).toMatchObject({ status: 400, instance: `${list}${name}` });
    },
  );

  test.each([
    "GET v1/feature-flags/ HTTP/1.1",
    "GET ?x HTTP/1.1",
    `GET ${list}a b HTTP/1.1`,
    `GET ${list}a\0b HTTP/1.1`,
    `GET ${list}\xe9 HTTP/1.1`,
    `GET ${list}\nx HTTP/1.1`,
    `NONSENSE ${list} HTTP/1.1`,
    `GET ${list} HTTP/9.9`,
    "\0\0\0\0",
  ])("%j, before any of our own code", async (line) => {
    expect((await sendRequestLine(line)).status).toBe(400);
  });

  test("an endless target is answered with 431", async () => {
    expect((await sendRequestLine(`GET /${"a".repeat(40_000)} HTTP/1.1`)).status).toBe(431);
  });
});

describe("a target that names a host", () => {
  test.each(["http://flags.example", "http://other.example:99999", "HTTPS://[::1"])(
    "%s is answered like the path alone",
    async (host) => {
      const [named, plain] = [
        await sendRequestLine(`GET ${host}${list} HTTP/1.1`),
        await sendRequestLine(`GET ${list} HTTP/1.1`),
      ];
      expect(named).toMatchObject({ status: 200, body: plain.body });
      expect(named.headers.etag).toBe(plain.headers.etag);
    },
  );
});

describe("the body of a GET request", () => {
  test.each([
    ["of a known length", ["Content-Length: 2"]],
    ["in chunks", ["Transfer-Encoding: chunked"]],
  ])("%s is not waited for", async (_what, headers) => {
    expect((await sendRequestLine(`GET ${list} HTTP/1.1`, headers)).status).toBe(200);
  });

  test("with a smuggled request is refused", async () => {
    const headers = ["Content-Length: 4", "Transfer-Encoding: chunked"];
    expect((await sendRequestLine(`GET ${list} HTTP/1.1`, headers)).status).toBe(400);
  });
});

describe("requests sent at once over one connection", () => {
  const statuses = (text: string) => [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, one]) => one);
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: flags.example\r\n${token()}\r\n\r\n`;

  test("are answered in their order, by the fast path or Express", async () => {
    const paths = [list, `${list}none`, "/healthz", list, `${list}meal_planning?x`, "/%"];
    const text = await sendBytes(paths.map(get).join(""));
    expect(statuses(text)).toEqual(["200", "404", "200", "200", "200", "400"]);
  });

  test("are not read from the body of a refused request", async () => {
    const inner = `DELETE ${list}meal_planning HTTP/1.1\r\nHost: flags.example\r\n${token()}\r\n\r\n`;
    const { head } = api.remote;
    const bodies = [
      `Content-Length: ${inner.length}\r\n\r\n${inner}`,
      `Transfer-Encoding: chunked\r\n\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`,
    ];
    for (const body of bodies) {
      const outer = `POST ${list} HTTP/1.1\r\nHost: flags.example\r\n${body}`;
      expect(statuses(await sendBytes(outer + get(`${list}meal_planning`)))).toEqual([
        "401",
        "200",
      ]);
    }
    expect(api.remote.head).toBe(head);
  });
});

test.each([list, `${list}?x`])(
  "only the first of two Authorization headers counts: %s",
  async (path) => {
    expect(
      (await sendRequestLine(`GET ${path} HTTP/1.1`, ["Authorization: Bearer x"])).status,
    ).toBe(200);
    const two = `Authorization: Bearer x\r\n${token()}`;
    const text = await sendBytes(`GET ${path} HTTP/1.1\r\nHost: flags.example\r\n${two}\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 401 /);
  },
);

test.each([
  ["Content-Length: 2", "Content-Length: 2"],
  ["Content-Length: 2", "Content-Length: 3"],
  ["Transfer-Encoding: xchunked"],
  ["Transfer-Encoding: chunked, identity"],
  ["X : a"],
  ["X: a", " folded"],
])("headers that two servers may read differently are a 400: %s %s", async (...headers) => {
  expect((await sendRequestLine(`PUT ${list}meal_planning HTTP/1.1`, headers)).status).toBe(400);
});

test("these requests changed nothing", async () => {
  expect((await sendRequestLine(`GET ${list} HTTP/1.1`)).status).toBe(200);
  expect({}).not.toHaveProperty("polluted");
});
