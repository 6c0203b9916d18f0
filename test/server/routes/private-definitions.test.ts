import { expect, test } from "vitest";
import { startService } from "../setup/api.ts";

test("GET /v1/definitions.json gives a reader how flags are decided, without publishing it", async () => {
  const api = await startService();
  const { status, headers, json } = await api.ask("GET /v1/definitions.json", { as: "reader" });
  expect(status).toBe(200);
  expect(headers["content-type"]).toBe("application/json");
  const names = Object.keys((await api.ask("GET /v1/feature-flags/")).json.flags);
  expect(Object.keys(json.flags)).toEqual(names);
  const etag = String(headers.etag);
  const again = await api.ask("GET /v1/definitions.json", { headers: { "If-None-Match": etag } });
  expect(again.status).toBe(304);
});

test("GET /v1/flagd.json needs a token, and is the same for HEAD", async () => {
  const api = await startService();
  expect((await api.ask("GET /v1/flagd.json", { as: null })).status).toBe(401);
  const [get, head] = [await api.ask("GET /v1/flagd.json"), await api.ask("HEAD /v1/flagd.json")];
  expect(head.headers.etag).toBe(get.headers.etag);
  expect((await api.ask("GET /unknown/v1/flagd.json")).status).toBe(404);
  expect((await api.ask("PUT /v1/flagd.json")).status).toBe(405);
});
