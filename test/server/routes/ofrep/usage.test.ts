/** Evaluations over OFREP, counted by flag, environment and variant. */
import { expect, test } from "vitest";
import { Usage } from "../../../../server/routes/usage/usage.ts";
import { startService } from "../../setup/api.ts";
import { ofrepRemote, path } from "./flags.ts";

test("evaluations of a single flag are counted by variant, those of all flags are not", async () => {
  const api = await startService({ remote: ofrepRemote() });
  const evaluate = (at: string, context: object) => api.ask(`POST ${at}`, { body: { context } });
  for (let caller = 1; caller <= 10; caller += 1) {
    await evaluate(`${path}/half`, { targetingKey: `u${caller}` });
    await evaluate(path, { targetingKey: `u${caller}` });
  }
  await evaluate(`/test${path}/killed`, {});
  await evaluate(`${path}/plian`, {});
  await evaluate(`${path}/ada@example.com`, {});
  const { json } = await api.ask("GET /v1/usage");
  const counted = json.flags.filter(({ environments }: { environments: object }) =>
    Object.keys(environments).some(() => true),
  );
  const last_asked_at = expect.any(String);
  expect(counted).toEqual([
    {
      name: "half",
      environments: {
        production: { evaluations: 10, last_asked_at, variants: expect.any(Object) },
      },
    },
    {
      name: "killed",
      environments: { test: { evaluations: 1, last_asked_at, variants: { on: 1 } } },
    },
  ]);
  const { off, on } = counted[0].environments.production.variants;
  expect(off + on).toBe(10);
  expect(Math.min(off, on)).toBeGreaterThan(0);
  expect(json.unknown).toEqual([
    { name: "plian", environment: "production", evaluations: 1, last_asked_at },
  ]);

  const { text } = await api.ask("GET /metrics");
  const labels = 'environment="production",flag="half",variant="on"';
  expect(text).toContain(`bunting_flag_variant_evaluations_total{${labels}} ${on}\n`);
  expect(text).toContain('bunting_unknown_flag_evaluations_total{environment="production"} 2\n');
  expect(text).not.toContain("plian");
});

test("Usage.countEvaluation() keeps at most 50 variants of a flag", () => {
  const usage = new Usage(
    () => true,
    () => true,
  );
  for (let index = 0; index < 200; index += 1)
    usage.countEvaluation("production", "colour", `v${index}`);
  const [count] = usage.served;
  expect(count?.evaluations).toBe(200);
  expect([...(count?.variants.keys() ?? [])]).toEqual(
    Array.from({ length: 50 }, (_, index) => `v${index + 150}`),
  );
});
