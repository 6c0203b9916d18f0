/** `/v1/private/definitions.json`: who may read the rules of private flags. */
import { beforeAll, expect, test } from "vitest";
import { type OwnApi, startService } from "../../setup/api.ts";
import { TestTokens } from "../../setup/tokens.ts";
import { names, ofrepRemote } from "./flags.ts";

const path = "/v1/private/definitions.json";

let api: OwnApi;
beforeAll(async () => {
  const tester = { role: "editor", environments: ["test"], flags: [] } as const;
  api = await startService({ remote: ofrepRemote(), tokens: new TestTokens({ tester }) });
});

test("an editor and an admin read the rules of private flags, a reader does not", async () => {
  for (const as of ["editor", "admin"]) {
    const { status, json } = await api.ask(`GET ${path}`, { as });
    expect({ status, environment: json.environment }).toEqual({
      status: 200,
      environment: "production",
    });
    expect(Object.keys(json.flags)).toEqual(names);
    expect(json.flags.nordic.rules[0].name).toBe("the secret rule");
  }
  const { status, json } = await api.ask(`GET ${path}`, { as: "reader" });
  expect(status).toBe(403);
  expect(json.detail).toBe("Cannot read private flags as reader: it takes the role editor");
  expect((await api.ask(`GET ${path}`, { as: null })).status).toBe(401);
});

test("definitions.json has the rest, for every reader", async () => {
  const { json } = await api.ask("GET /v1/definitions.json", { as: "reader" });
  expect(Object.keys(json.flags)).toEqual(names.filter((name) => name !== "nordic"));
});

test("a token narrowed to environments and flags reads all flags of its environments", async () => {
  expect((await api.ask(`GET ${path}`, { as: "tester" })).status).toBe(403);
  const { status, json } = await api.ask(`GET /test${path}`, { as: "tester" });
  expect({ status, environment: json.environment }).toEqual({ status: 200, environment: "test" });
  expect((await api.ask(`GET /staging${path}`)).status).toBe(404);
  expect((await api.ask(`GET /production${path}`)).status).toBe(404);
});

test("HEAD and If-None-Match are answered as for other reads", async () => {
  const { headers } = await api.ask(`GET ${path}`);
  expect((await api.ask(`HEAD ${path}`)).headers.etag).toBe(headers.etag);
  const again = await api.ask(`GET ${path}`, { headers: { "If-None-Match": headers.etag } });
  expect(again.status).toBe(304);
  expect((await api.ask(`PUT ${path}`)).status).toBe(405);
});
