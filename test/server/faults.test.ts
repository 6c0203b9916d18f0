/** Responses while the remote fails or the disk is full. The tests of `store/` have more cases. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { serveOverHttp } from "../git/http-remote.ts";
import { TestRepository } from "../git/repository.ts";
import { type Api, type Asking, signed, startProcess, until } from "./setup/api.ts";
import { Remote } from "./setup/remote.ts";

const list = "/v1/feature-flags/";
const meal = `${list}meal_planning`;
const ALWAYS = Number.POSITIVE_INFINITY;

async function setUp() {
  const remote = new Remote();
  const http = await serveOverHttp(remote.bare);
  const given = { remote, env: { FLAGS_REMOTE: http.url } };
  return { remote, http, api: await startProcess(given) };
}

function put(api: Api, enabled: boolean, asking: Asking = {}) {
  return api.ask(`PUT ${meal}`, { body: { enabled }, ...asking });
}

/** A write is a 503 with Retry-After and without internal details, and reads continue. */
async function expectRetryAfter(api: Api): Promise<void> {
  const { status, headers, json, text } = await put(api, false);
  expect(status).toBe(503);
  expect(Number(headers["retry-after"])).toBeGreaterThan(0);
  expect(json.type).toBe("https://bunting.example/problems/write-unavailable");
  expect(text).not.toMatch(/s3cret|127\.0\.0\.1|clone\.git|\bat /);
  expect((await api.ask(`GET ${meal}`)).json.enabled).toBe(true);
}

async function waitForStatus(api: Api, status: string): Promise<void> {
  await api.ask("POST /webhooks/github", signed("{}"));
  await until(async () => (await api.ready()).status === status, 45_000);
}

test.concurrent.each(["refuse", "unauthorized", "unavailable", "drop"] as const)(
  'PUT is a 503 while the remote answers with "%s", and succeeds afterwards',
  async (fault) => {
    const { remote, http, api } = await setUp();
    for (const operation of ["fetch", "push"] as const) http.fail(operation, fault, ALWAYS);
    await waitForStatus(api, "degraded");
    await expectRetryAfter(api);
    http.heal();
    await waitForStatus(api, "ok");
    expect((await put(api, false)).status).toBe(200);
    expect(remote.length).toBe(2);
  },
);

test.concurrent("PUT is a 200 if the push succeeded and its answer was lost", async () => {
  const { remote, http, api } = await setUp();
  http.fail("push", "drop-after");
  http.fail("fetch", "unavailable", 2);
  const { status, headers } = await put(api, false);
  expect(status).toBe(200);
  expect(headers["bunting-commit"]).toBe(remote.head);
  expect(remote.length).toBe(2);
});

test.concurrent("PUT without an answer of the remote is a 503 that says how to repeat the request", async () => {
  const { http, api } = await setUp();
  for (const operation of ["fetch", "push"] as const) http.fail(operation, "drop", ALWAYS);
  const { status, json } = await put(api, false, { headers: { "Idempotency-Key": "mine" } });
  const unknown = "Cannot tell whether the change was made: the remote does not answer";
  expect(status).toBe(503);
  expect(json.detail).toBe(
    `${unknown}; repeat the request with the same Idempotency-Key: the change is not made twice`,
  );
});

test.concurrent("PUT with a key is done once if its server is killed and its push arrives late", async () => {
  const { remote, http, api } = await setUp();
  const keyed = { headers: { "Idempotency-Key": "mine" } };
  const held = http.holdNextPush();
  const lost = put(api, false, keyed).catch(() => "lost");
  await held.hasBegun;
  await api.program.end("SIGKILL");
  expect(await lost).toBe("lost");

  const { tokens } = api;
  const next = await startProcess({ remote, tokens, env: { FLAGS_REMOTE: http.url } });
  const answer = await put(next, false, keyed);
  expect(answer.status).toBe(200);
  held.release();
  await until(() => http.isIdle);
  expect(remote.length).toBe(2);
  expect(answer.headers["bunting-commit"]).toBe(remote.head);
  expect((await put(next, true)).status).toBe(200);
  const again = await put(next, false, keyed);
  expect(again.headers["bunting-commit"]).toBe(answer.headers["bunting-commit"]);
  expect(again.json.enabled).toBe(false);
  expect((await next.ask(`GET ${meal}`)).json.enabled).toBe(true);
  expect(remote.length).toBe(3);
});

test.concurrent("PUT is a 503 on a full disk, reads continue, and the next PUT works when there is room", async () => {
  const { remote, api } = await setUp();
  const { pid } = api.program.child;
  const limit = (size: string) => execFileSync("prlimit", ["--pid", `${pid}`, `--fsize=${size}:`]);
  limit("0");
  await expectRetryAfter(api);
  await expectRetryAfter(api);
  limit("unlimited");
  expect((await put(api, false)).status).toBe(200);
  expect(remote.length).toBe(2);
  expect(await api.ready()).toMatchObject({ status: "ok", degraded: [] });
  expect(new TestRepository(remote.directory).run(["fsck", "--no-dangling"])).toBe("");
});
