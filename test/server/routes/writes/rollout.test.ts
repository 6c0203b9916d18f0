/** Percentages through the API. */
import { expect, test } from "vitest";
import { startService } from "../../setup/api.ts";

const path = "/v1/feature-flags/new_checkout";

async function start() {
  const api = await startService();
  await api.ask("POST /v1/feature-flags/", {
    body: { name: "new_checkout", owner: "billing" },
  });
  const put = (json: object, url = path) => api.ask(`PUT ${url}`, { body: json });
  const file = () => api.remote.bare.git("show", "main:flags/billing/new_checkout.yaml");
  return { api, put, file };
}

test("PUT with rollout writes the percentage, and the boolean stays false below 100 %", async () => {
  const { api, put, file } = await start();
  const partial = await put({ enabled: true, rollout: 10 });
  expect([partial.status, partial.json.enabled]).toEqual([200, false]);
  expect(file()).toContain("enabled: true\nrollout: 10\n");
  const definitions = (await api.ask("GET /v1/definitions.json")).json.flags;
  expect(definitions.new_checkout).toEqual({ enabled: true, rollout: 10 });

  const whole = await put({ rollout: 100 });
  expect([whole.status, whole.json.enabled]).toEqual([200, true]);
  expect(file()).not.toContain("rollout");
});

test("PUT of enabled true is refused if not everyone would get the flag, and the error names the fix", async () => {
  const { api, put } = await start();
  await put({ enabled: true, rollout: 10 });
  const before = api.remote.head;
  const refused = await put({ enabled: true });
  expect(refused.status).toBe(409);
  expect(refused.json.detail).toBe(
    'Cannot turn "new_checkout" on for everyone: its rollout is 10 %; send {"enabled": true, "rollout": 100}',
  );
  expect(api.remote.head).toBe(before);
  expect((await put({ enabled: true, rollout: 100 })).json.enabled).toBe(true);
});

test("PUT of enabled false always works, and one request restores the rollout", async () => {
  const { put, file } = await start();
  await put({ enabled: true, rollout: 10 });
  expect((await put({ enabled: false })).status).toBe(200);
  expect(file()).toContain("enabled: false\nrollout: 10\n");
  expect((await put({ enabled: true, rollout: 10 })).status).toBe(200);
  expect(file()).toContain("enabled: true\nrollout: 10\n");
});

test("PUT with rollout on an environment writes a block of its own there", async () => {
  const { api, put } = await start();
  const other = "staging";
  const answer = await put({ enabled: true, rollout: 50 }, `/${other}${path}`);
  expect(answer.status).toBe(200);
  const definitions = (await api.ask(`GET /${other}/v1/definitions.json`)).json.flags;
  expect(definitions.new_checkout).toEqual({ enabled: true, rollout: 50 });
});

test.each([[101], [-1], ["10"], [null], [0.0001]])(
  "PUT refuses the rollout %j with 400",
  async (rollout) => {
    const { put } = await start();
    const { status, json } = await put({ enabled: true, rollout });
    expect(status).toBe(400);
    expect(json.errors[0].pointer).toBe("#/rollout");
  },
);
