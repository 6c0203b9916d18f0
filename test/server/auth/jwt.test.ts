/** JSON web tokens that the server accepts, and those that it refuses. */
import { exportJWK } from "jose";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { type OwnApi, startService } from "../setup/api.ts";
import { assemble, audience, Issuer, pair } from "../setup/issuer.ts";
import type { Answer } from "../setup/send-request.ts";

const list = "/v1/feature-flags/";
const meal = `${list}meal_planning`;

let issuer: Issuer;
let api: OwnApi;
beforeAll(async () => {
  issuer = await Issuer.start();
  api = await start({ FLAGS_TRUSTED_PROXIES: "1" });
});
function start(env: Readonly<Record<string, string>> = {}): Promise<OwnApi> {
  return startService({ env: { OIDC_ISSUER: issuer.url, OIDC_AUDIENCE: audience, ...env } });
}

let requestCount = 0;
function ask(token: string, what = `GET ${list}`, at = api, body?: object): Promise<Answer> {
  requestCount += 1;
  // The shared server counts failures by these addresses; the others trust no proxy.
  const from = `203.0.113.${requestCount % 250}`;
  const headers = { Authorization: `Bearer ${token}`, "X-Forwarded-For": from };
  return at.ask(what, { as: null, body, headers });
}

describe("JwtVerifier accepts", () => {
  test("a token of the issuer, with the role in it", async () => {
    const token = await issuer.sign();
    expect((await ask(token)).status).toBe(200);
    expect((await ask(token, `DELETE ${meal}`)).status).toBe(403);
    expect((await ask(token, `PUT ${meal}`, api, { enabled: false })).status).toBe(200);
    expect(api.remote.show("%an <%ae>")).toBe("Ada Lovelace <ada@example.com>");
    const trailer = (key: string) => api.remote.show(`%(trailers:key=${key},valueonly)`).trim();
    expect(trailer("Actor")).toBe("Ada Lovelace (user-1)");
    expect(trailer("Actor-Issuer")).toBe(issuer.url);
  });

  test("each role", async () => {
    const reader = await issuer.sign({ claims: { role: "reader" } });
    expect((await ask(reader)).status).toBe(200);
    expect((await ask(reader, `PUT ${meal}`, api, { enabled: true })).status).toBe(403);
    const admin = await issuer.sign({ claims: { role: "admin" } });
    expect((await ask(admin, `DELETE ${list}not_there`)).status).toBe(404);
  });

  test("one of several audiences", async () => {
    const token = await issuer.sign({ claims: { aud: ["another", audience] } });
    expect((await ask(token)).status).toBe(200);
  });

  test("the role from the claim that is configured", async () => {
    const other = await start({ OIDC_ROLE_CLAIM: "https://example.com/role" });
    const claims = { role: undefined, "https://example.com/role": "admin" };
    const token = await issuer.sign({ claims });
    expect((await ask(token, `DELETE ${list}not_there`, other)).status).toBe(404);
    expect((await ask(await issuer.sign(), `GET ${list}`, other)).status).toBe(401);
  });

  test.each(["ES256", "PS256", "EdDSA"])("a signature of %s", async (algorithm) => {
    const own = await Issuer.start(algorithm);
    const other = await start({ OIDC_ISSUER: own.url });
    expect((await ask(await own.sign(), `GET ${list}`, other)).status).toBe(200);
  });

  test("the highest of several roles, in a list and at a path", async () => {
    const env = { OIDC_ROLE_CLAIM: "resource_access.bunting.roles" };
    const other = await start(env);
    const roles = ["offline", "reader", "admin", "editor"];
    const nested = { resource_access: { bunting: { roles } } };
    const token = await issuer.sign({ claims: { role: undefined, ...nested } });
    expect((await ask(token, `DELETE ${list}not_there`, other)).status).toBe(404);
    const claims = { role: undefined, resource_access: { bunting: { roles: [] } } };
    expect((await ask(await issuer.sign({ claims }), `GET ${list}`, other)).status).toBe(401);
  });

  test.each(["JWT", "jwt", "at+jwt", "application/at+jwt"])("the type %s", async (typ) => {
    expect((await ask(await issuer.sign({ header: { typ } }))).status).toBe(200);
  });

  test("a token from a clock that is 30 s fast or slow", async () => {
    const late = { iat: now() - 600, exp: now() - 30 };
    expect((await ask(await issuer.sign({ claims: late }))).status).toBe(200);
    const early = { iat: now() + 30, nbf: now() + 30 };
    expect((await ask(await issuer.sign({ claims: early }))).status).toBe(200);
  });

  test("no e-mail address that the issuer has not verified", async () => {
    const own = await start();
    const token = await issuer.sign({ claims: { email_verified: false } });
    expect((await ask(token, `PUT ${meal}`, own, { enabled: false })).status).toBe(200);
    expect(own.remote.show("%ae")).toBe("unknown@bunting.example");
  });

  test("a token without a name, with the subject as the author of commits", async () => {
    const claims = { name: undefined, email: undefined, role: "admin" };
    const token = await issuer.sign({ claims });
    expect((await ask(token, `POST ${list}`, api, { name: "by_nobody" })).status).toBe(201);
    expect(api.remote.show("%an <%ae>")).toBe("user-1 <unknown@bunting.example>");
  });

  test.each([
    ["of an address", "x <y@z>", "x y@z"],
    ["of dots", "...", "unknown"],
    ["of many lines", "a\nActor: Eve\n\nb", "a Actor: Eve b"],
    ["of nothing to see", "\u0000", "unknown"],
    ["written backwards", "‮evil", "evil"],
    ["of 5,000 characters", "y".repeat(5_000), `${"y".repeat(99)}…`],
    ["that looks like an option", " -n --amend", "-n --amend"],
  ])("a name %s, and makes it one that git can keep", async (_what, name, author) => {
    const token = await issuer.sign({ claims: { name, email: "a <b>\n@c", role: "admin" } });
    const own = await start();
    const { status } = await ask(token, `PUT ${meal}`, own, { enabled: false });
    expect(status).toBe(200);
    expect(own.remote.show("%an")).toBe(author);
    expect(own.remote.show("%ae")).toBe("ab@c");
    expect(own.remote.show("%(trailers:key=Actor,valueonly)").trim().split("\n")).toHaveLength(1);
    expect(own.remote.bare.git("fsck", "--strict")).toBe("");
  });
});

describe("JwtVerifier refuses", () => {
  const cases: [what: string, token: () => Promise<string> | string][] = [
    ["alg none", () => assemble({ alg: "none" }, claims())],
    [
      "alg NONE with a signature",
      () => assemble({ alg: "NONE", kid: issuer.key.id }, claims(), "AA"),
    ],
    ["no signature", async () => (await issuer.sign()).replace(/[^.]*$/, "")],
    [
      "another token's signature",
      async () => mixed(await issuer.sign(), await issuer.sign({ claims: { sub: "b" } })),
    ],
    [
      "HS256 with the public key for a secret",
      async () => issuer.sign({ header: { alg: "HS256" }, key: await issuer.pem() }),
    ],
    [
      "a key that the issuer does not show",
      async () => issuer.sign({ key: (await pair()).secret }),
    ],
    ["an unknown kid", () => issuer.sign({ header: { kid: "other" } })],
    ["another issuer", () => issuer.sign({ claims: { iss: "https://evil.example" } })],
    ["the issuer with a slash", () => issuer.sign({ claims: { iss: `${issuer.url}/` } })],
    ["no issuer", () => issuer.sign({ claims: { iss: undefined } })],
    ["another audience", () => issuer.sign({ claims: { aud: "another" } })],
    ["no audience", () => issuer.sign({ claims: { aud: undefined } })],
    ["one that expired", () => issuer.sign({ claims: { exp: now() - 120 } })],
    ["one that never expires", () => issuer.sign({ claims: { exp: undefined } })],
    ["one that is not good yet", () => issuer.sign({ claims: { nbf: now() + 600 } })],
    ["no role", () => issuer.sign({ claims: { role: undefined } })],
    ["a role that is none", () => issuer.sign({ claims: { role: "root" } })],
    ["a list of other roles", () => issuer.sign({ claims: { role: ["root", null, {}] } })],
    ["a logout token", () => issuer.sign({ header: { typ: "logout+jwt" } })],
    ["a proof of possession", () => issuer.sign({ header: { typ: "dpop+jwt" } })],
    ["a subject that is a number", () => issuer.sign({ claims: { sub: 7 } })],
    ["an empty subject", () => issuer.sign({ claims: { sub: "" } })],
    ["a subject of two lines", () => issuer.sign({ claims: { sub: "a\nb" } })],
    ["a subject of 256 characters", () => issuer.sign({ claims: { sub: "x".repeat(256) } })],
    ["a role of Object's", () => issuer.sign({ claims: { role: "constructor" } })],
    ["no subject", () => issuer.sign({ claims: { sub: undefined } })],
    [
      "a critical header that it does not know",
      () => issuer.sign({ header: { crit: ["odd"], odd: 1 }, crit: { odd: true } }),
    ],
    ["nonsense in three parts", () => "a.b.c"],
    ["only dots", () => ".."],
    ["10 kB", () => issuer.sign({ claims: { more: "x".repeat(10_000) } })],
  ];

  test.each(cases)("%s", async (_what, token) => {
    const { status, headers } = await ask(await token());
    expect(status).toBe(401);
    expect(headers["www-authenticate"]).toContain('error="invalid_token"');
  });

  test("a token of 100 kB, without reading it", async () => {
    const token = await issuer.sign({ claims: { more: "x".repeat(100_000) } });
    const headers = { Authorization: `Bearer ${token}` };
    // Node accepts at most 16 KiB of headers.
    const answer = await fetch(`${api.url}${list}`, { headers }).catch(() => undefined);
    expect([431, undefined]).toContain(answer?.status);
    expect((await ask(await issuer.sign())).status).toBe(200);
  });

  test.each(["jku", "x5u"])(
    "keys at the URL in its header %s, and sends no request there",
    async (name) => {
      const evil = await Issuer.start();
      const header = { [name]: `${evil.url}/keys`, kid: evil.key.id };
      const token = await issuer.sign({ header, key: evil.key.secret });
      expect((await ask(token)).status).toBe(401);
      expect(evil.requestedPaths).toEqual([]);
    },
  );

  test("a key in the header of the token", async () => {
    const own = await pair();
    const header = { jwk: await exportJWK(own.shown), kid: issuer.key.id };
    expect((await ask(await issuer.sign({ header, key: own.secret }))).status).toBe(401);
  });
});

test("JwtVerifier refuses every token if no issuer is configured", async () => {
  const plain = await startService();
  expect((await ask(await issuer.sign(), `GET ${list}`, plain)).status).toBe(401);
});

test("a token that was verified before is refused once it expires", async () => {
  const token = await issuer.sign({ claims: { exp: now() + 60 } });
  expect((await ask(token)).status).toBe(200);
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 110_000 });
  expect((await ask(token)).status).toBe(200);
  vi.setSystemTime(Date.now() + 15_000);
  expect((await ask(token)).status).toBe(401);
});

test("changed keys of the issuer are fetched, and the old ones are no longer accepted", async () => {
  const turning = await Issuer.start();
  const own = await startService({
    env: { OIDC_ISSUER: turning.url, OIDC_AUDIENCE: audience },
  });
  const old = turning.key;
  expect((await ask(await turning.sign(), `GET ${list}`, own)).status).toBe(200);

  await turning.rotate();
  // Keys are requested at most twice a minute.
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 31_000 });
  expect((await ask(await turning.sign(), `GET ${list}`, own)).status).toBe(200);
  const stale = await turning.sign({ header: { kid: old.id }, key: old.secret });
  expect((await ask(stale, `GET ${list}`, own)).status).toBe(401);
});

test("a verified token is accepted for five minutes after its key is withdrawn", async () => {
  const turning = await Issuer.start();
  const own = await start({ OIDC_ISSUER: turning.url });
  const token = await turning.sign({ claims: { exp: now() + 10_000_000 } });
  expect((await ask(token, `GET ${list}`, own)).status).toBe(200);
  await turning.rotate();
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 301_000 });
  expect((await ask(token, `GET ${list}`, own)).status).toBe(401);
});

describe("an issuer that does not answer", () => {
  test("is a 503 for tokens that need it, is shown in /readyz, and affects no other token", async () => {
    const failing = await Issuer.start();
    failing.isDown = true;
    const own = await start({ OIDC_ISSUER: failing.url });
    for (let count = 0; count < 40; count += 1) {
      const { status, json, headers } = await ask(await failing.sign(), `GET ${list}`, own);
      expect({ status, type: json.type }).toEqual({
        status: 503,
        type: "https://bunting.example/problems/issuer-unavailable",
      });
      expect(headers["retry-after"]).toBe("10");
    }
    // It gets a request at most every ten seconds.
    expect(failing.requestedPaths).toHaveLength(1);
    expect((await own.ask(`GET ${list}`)).status).toBe(200);
    const { status, degraded } = await own.ready();
    expect({ status, degraded }).toEqual({
      status: "degraded",
      degraded: [expect.stringContaining(failing.url)],
    });
    const other = await pair();
    const strange = { claims: { iss: "https://evil.example" }, key: other.secret };
    expect((await ask(await failing.sign(strange), `GET ${list}`, own)).status).toBe(401);

    failing.isDown = false;
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 11_000 });
    expect((await ask(await failing.sign(), `GET ${list}`, own)).status).toBe(200);
    expect((await own.ready()).status).toBe("ok");
  });

  test("does not invalidate its last keys for an hour", async () => {
    const failing = await Issuer.start();
    const own = await start({ OIDC_ISSUER: failing.url });
    expect((await ask(await failing.sign(), `GET ${list}`, own)).status).toBe(200);
    failing.isDown = true;
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 1_800_000 });
    const claims = { exp: now() + 86_400 };
    expect((await ask(await failing.sign({ claims }), `GET ${list}`, own)).status).toBe(200);
    expect((await own.ready()).status).toBe("degraded");
    const unknown = await failing.sign({ claims, header: { kid: "new" } });
    expect((await ask(unknown, `GET ${list}`, own)).status).toBe(503);
    vi.setSystemTime(Date.now() + 1_810_000);
    expect((await ask(await failing.sign({ claims }), `GET ${list}`, own)).status).toBe(503);
  });

  test("includes one that answers as another issuer, or without keys", async () => {
    for (const says of [{ issuer: "https://evil.example" }, { jwks_uri: undefined }]) {
      const odd = await Issuer.start();
      odd.says = says;
      const own = await start({ OIDC_ISSUER: odd.url });
      expect((await ask(await odd.sign(), `GET ${list}`, own)).status).toBe(503);
    }
  });
});

test("many tokens with unknown keys cause one request to the issuer", async () => {
  const quiet = await Issuer.start();
  const own = await startService({ env: { OIDC_ISSUER: quiet.url, OIDC_AUDIENCE: audience } });
  const tokens = await Promise.all(
    Array.from({ length: 20 }, (_, index) => quiet.sign({ header: { kid: `k${index}` } })),
  );
  await Promise.all(tokens.map((token) => ask(token, `GET ${list}`, own)));
  expect(quiet.requestedPaths.filter((path) => path.endsWith("/keys")).length).toBeLessThanOrEqual(
    2,
  );
  expect(
    quiet.requestedPaths.filter((path) => path.includes("well-known")).length,
  ).toBeLessThanOrEqual(2);
});

function now(): number {
  return Math.floor(Date.now() / 1_000);
}

function claims(): object {
  return { iss: issuer.url, aud: audience, sub: "a", role: "admin", exp: now() + 60 };
}

/** The head and body of one token with the signature of another. */
function mixed(one: string, other: string): string {
  return `${one.split(".").slice(0, 2).join(".")}.${other.split(".")[2]}`;
}
