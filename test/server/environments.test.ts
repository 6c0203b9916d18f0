/** The server over repositories of other teams: other environments, other names, and changes of bunting.yaml. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../git/repository.ts";
import { signed, startService, until } from "./setup/api.ts";
import { Remote } from "./setup/remote.ts";
import { TestTokens } from "./setup/tokens.ts";

const kebab = 'names: { pattern: "^[a-z][a-z0-9]*(-[a-z0-9]+)*$", longest: 80 }\n';
const cart = "flags/shop/new-cart.yaml";
const words = "description: Show the new cart\nenabled: true\nowner: shop\n";

function project(environments: string, more = ""): string {
  return `environments: [${environments}]\n${kebab}${more}`;
}

async function statusOf(api: Awaited<ReturnType<typeof startService>>, what: string) {
  return (await api.ask(what)).status;
}

describe("with the environments production, qa and dev and names in kebab-case", () => {
  const files = {
    "bunting.yaml": project("production, qa, dev"),
    [cart]: `${words}environments:\n  dev:\n    enabled: false\n`,
  };

  test("serves each environment under its own path, and no other", async () => {
    const api = await startService({ remote: new Remote(files) });
    const root = await api.ask("GET /v1/feature-flags/");
    expect(root.json).toMatchObject({ environment: "production", flags: { "new-cart": true } });
    const dev = await api.ask("GET /dev/v1/feature-flags/new-cart");
    expect(dev.json).toMatchObject({ name: "new-cart", enabled: false });
    const history = await api.ask("GET /qa/v1/feature-flags/new-cart/history");
    expect(history.json).toMatchObject({ environment: "qa", changes: [{ kind: "created" }] });
    for (const path of ["/production/v1", "/staging/v1", "/application/v1", "/%64ev/v1"]) {
      expect(await statusOf(api, `GET ${path}/feature-flags/`), path).toBe(404);
    }
  });

  test("creates, changes and deletes by these names, and refuses others", async () => {
    const api = await startService({ remote: new Remote(files) });
    const body = { name: "express-checkout", owner: "shop" };
    expect((await api.ask("POST /v1/feature-flags/", { body })).status).toBe(201);
    const snake = { name: "express_checkout" };
    const refused = await api.ask("POST /v1/feature-flags/", { body: snake });
    expect(refused).toMatchObject({ status: 400, json: { errors: [{ code: "invalid-name" }] } });
    const on = { body: { enabled: true } };
    expect((await api.ask("PUT /qa/v1/feature-flags/express-checkout", on)).status).toBe(200);
    expect(api.remote.show("%s")).toBe("Enable express-checkout in qa");
    expect((await api.ask("GET /v1/feature-flags/express-checkout")).json.enabled).toBe(false);
    expect((await api.ask("PUT /qa/v1/feature-flags/express_checkout", on)).status).toBe(404);
    expect(await statusOf(api, "DELETE /v1/feature-flags/express-checkout")).toBe(204);
  });

  test("limits tokens to these environments, and counts usage in them", async () => {
    const tokens = new TestTokens();
    const api = await startService({ remote: new Remote(files), tokens });
    const report = { environment: "qa", evaluations: { "new-cart": 2, "old-cart": 1 } };
    expect((await api.ask("POST /v1/usage", { body: report })).status).toBe(204);
    const usage = await api.ask("GET /v1/usage");
    expect(usage.json.flags).toMatchObject([{ environments: { qa: { evaluations: 2 } } }]);
    expect(usage.json.unknown).toMatchObject([{ name: "old-cart", environment: "qa" }]);
    const other = { ...report, environment: "staging" };
    expect((await api.ask("POST /v1/usage", { body: other })).status).toBe(400);
  });
});

test("serves a single environment, and five", async () => {
  const single = await startService({
    remote: new Remote({ "bunting.yaml": project("live"), [cart]: words }),
  });
  expect((await single.ask("GET /v1/feature-flags/")).json.environment).toBe("live");
  expect(await statusOf(single, "GET /live/v1/feature-flags/")).toBe(404);

  const names = ["eu-1", "us-1", "qa", "preview", "dev"];
  const five = await startService({
    remote: new Remote({ "bunting.yaml": project(names.join(", ")), [cart]: words }),
  });
  for (const [index, name] of names.entries()) {
    const folder = index === 0 ? "" : `/${name}`;
    const { json } = await five.ask(`GET ${folder}/v1/feature-flags/`);
    expect(json).toMatchObject({ environment: name, flags: { "new-cart": true } });
  }
});

describe("when bunting.yaml changes while the server runs", () => {
  const before = { "bunting.yaml": project("production, qa"), [cart]: words };

  test("routes, protection and publications follow", async () => {
    const out = path.join(temporaryDirectory(), "cdn");
    const api = await startService({
      remote: new Remote(before),
      env: { FLAGS_PUBLISH: out },
    });
    const fileOf = (folder: string) => path.join(out, folder, "v1/feature-flags/new-cart.json");
    await until(() => existsSync(fileOf("qa")));
    expect(await statusOf(api, "GET /dev/v1/feature-flags/")).toBe(404);

    api.remote.push({ "bunting.yaml": project("production, dev", "protected: [dev]\n") });
    await api.sync();
    expect((await api.ask("GET /dev/v1/feature-flags/")).json.environment).toBe("dev");
    expect(await statusOf(api, "GET /qa/v1/feature-flags/")).toBe(404);
    const write = await api.ask("PUT /dev/v1/feature-flags/new-cart", { body: { enabled: false } });
    expect(write).toMatchObject({ status: 403 });
    await until(() => existsSync(fileOf("dev")) && !existsSync(fileOf("qa")));
    const manifest = JSON.parse(readFileSync(path.join(out, "manifest.json"), "utf8"));
    expect(manifest.commit).toBe(api.remote.head);
  });

  test("another environment at the root keeps every flag's own state", async () => {
    const api = await startService({
      remote: new Remote({
        ...before,
        [cart]: `${words}environments:\n  qa:\n    enabled: false\n`,
      }),
    });
    expect((await api.ask("GET /v1/feature-flags/new-cart")).json.enabled).toBe(true);
    api.remote.push({
      "bunting.yaml": project("qa, production"),
      [cart]: `${words.replace("true", "false")}environments:\n  production:\n    enabled: true\n`,
    });
    await api.sync();
    expect((await api.ask("GET /v1/feature-flags/new-cart")).json.enabled).toBe(false);
    const { json } = await api.ask("GET /production/v1/feature-flags/new-cart");
    expect(json.enabled).toBe(true);
  });

  test("an invalid one is not served, and the last valid commit stays", async () => {
    const api = await startService({ remote: new Remote(before) });
    const { head } = api.remote;
    api.remote.push({ "bunting.yaml": "environments: production\n" });
    await api.ask("POST /webhooks/github", signed("{}"));
    await until(async () => (await api.ready()).status !== "ok");
    expect((await api.ready()).commit).toBe(head);
    expect(await statusOf(api, "GET /qa/v1/feature-flags/new-cart")).toBe(200);
  });
});
