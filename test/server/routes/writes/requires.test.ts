/** Flags that require others, and audiences, through the API. */
import { expect, test } from "vitest";
import { signed, startService, until } from "../../setup/api.ts";
import { Remote } from "../../setup/remote.ts";

const list = "GET /v1/feature-flags/";
const files = {
  "bunting.yaml": "environments: [live, trial]\nattributes:\n  plan: string\n",
  "flags/audiences/staff.yaml": "description: Our people\nowner: shop\nif: { plan: staff }\n",
  "flags/shop/cart.yaml": "description: Show the cart\nenabled: true\nowner: shop\n",
  "flags/shop/pay.yaml":
    "description: Pay by card\nenabled: true\nowner: shop\nrequires:\n  - cart\n",
  "flags/shop/gift.yaml": `description: Send as a gift
enabled: true
rollout: 0
owner: shop
requires:
  - pay
rules:
  - name: our people
    if: { audience: staff }
    enabled: true
`,
};

async function start() {
  const api = await startService({ remote: new Remote(files) });
  const put = (name: string, body: object) => api.ask(`PUT /v1/feature-flags/${name}`, { body });
  const staff = async (name: string) => {
    const body = { context: { plan: "staff" } };
    return (await api.ask(`POST /ofrep/v1/evaluate/flags/${name}`, { body })).json.value;
  };
  const flags = async () => (await api.ask(list)).json.flags;
  return { api, put, staff, flags };
}

test("the boolean of a flag follows the flags that it requires, after each write", async () => {
  const { api, put, staff, flags } = await start();
  expect(await flags()).toEqual({ cart: true, gift: false, pay: true });
  expect(await staff("gift")).toBe(true);

  await put("cart", { enabled: false });
  expect(await flags()).toEqual({ cart: false, gift: false, pay: false });
  expect((await api.ask("GET /v1/feature-flags/pay")).json.enabled).toBe(false);
  expect(await staff("gift")).toBe(false);

  await put("cart", { enabled: true });
  expect(await flags()).toEqual({ cart: true, gift: false, pay: true });
  expect((await api.ask("GET /v1/feature-flags/pay")).json.enabled).toBe(true);
});

test("PUT of enabled true answers 409 while a required flag is not on for everyone", async () => {
  const { put } = await start();
  await put("cart", { enabled: true, rollout: 10 });
  const { status, json } = await put("pay", { enabled: true });
  expect(status).toBe(409);
  expect(json.detail).toBe(
    'Cannot turn "pay" on for everyone: the required flag cart is not on for everyone here; turn it on first, or send a rollout if this is meant',
  );
  expect((await put("pay", { enabled: true, rollout: 100 })).status).toBe(200);
  expect((await put("pay", { enabled: false })).status).toBe(200);
});

test("DELETE of a required flag answers 409 and names the flags that require it", async () => {
  const { api } = await start();
  const refused = await api.ask("DELETE /v1/feature-flags/cart");
  expect(refused.status).toBe(409);
  expect(refused.json).toMatchObject({
    type: "https://bunting.example/problems/required-flag",
    detail: 'Cannot delete "cart": it is required by "pay"; delete it from their "requires" first',
  });
  for (const name of ["gift", "pay", "cart"]) {
    expect((await api.ask(`DELETE /v1/feature-flags/${name}`)).status).toBe(204);
  }
});

test("a changed audience is served, and an unknown one keeps the last valid commit", async () => {
  const { api, staff } = await start();
  const text = files["flags/audiences/staff.yaml"].replace("plan: staff", "plan: intern");
  api.remote.push({ "flags/audiences/staff.yaml": text });
  await api.sync();
  expect(await staff("gift")).toBe(false);
  const last = api.remote.push({ "flags/audiences/staff.yaml": null });
  await api.ask("POST /webhooks/github", signed("{}"));
  await until(async () => JSON.stringify(await api.ready()).includes("unknown-audience"));
  expect((await api.ready()).commit).not.toBe(last);
});

test("POST puts a flag of the team called tests where flags are", async () => {
  const { api } = await start();
  const body = { name: "dry_run", owner: "tests" };
  expect((await api.ask("POST /v1/feature-flags/", { body })).status).toBe(201);
  expect(api.remote.bare.git("ls-tree", "-r", "--name-only", "main")).toContain(
    "flags/unowned/dry_run.yaml",
  );
});
