/** The API and its description, compared. */
import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { defaultProject } from "../../../schema/project/project.ts";
import { createApp } from "../../../server/app.ts";
import { description } from "../../../server/openapi/description.ts";
import type { ServerParts } from "../../../server/parts.ts";
import { startService } from "../setup/api.ts";
import { operations } from "../setup/openapi-check.ts";

const { environments } = defaultProject;

test("createApp() has the routes and methods that schema/openapi.yaml describes, and no others", () => {
  const described = operations.map(
    ({ method, template }) => `${method} ${template.replaceAll(/\{\w+\}/g, "{}")}`,
  );
  expect([...routes()].sort()).toEqual([...described].sort());
});

/** Each method of each path template. */
function routes(): Set<string> {
  const nothing = {} as never;
  const app = createApp({
    settings: {
      origins: [],
      usage: "token",
      writesPerMinute: 60,
      trustedProxies: 0,
      webhookSecret: "secret",
    },
    ...Object.fromEntries(
      [
        "backends",
        "responses",
        "evaluations",
        "streamKeys",
        "waitForVersion",
        "evaluator",
        "streams",
        "usage",
        "authenticator",
        "publisher",
        "metrics",
        "log",
        "isStopping",
      ].map((name) => [name, nothing]),
    ),
  } as unknown as ServerParts);
  const others = environments.filter((environment) => environment !== "application");
  const folder = new RegExp(`^/(${others.join("|")})/`);
  const layers = app.router.stack.flatMap(({ route }) => route ?? []);
  return new Set(
    layers.flatMap(({ path, stack }) => {
      const template = path.replace(folder, "/{}/").replaceAll(/:\w+/g, "{}");
      const methods = [...new Set(stack.map(({ method }) => method.toUpperCase()))];
      // Handlers for all methods answer 405.
      if (methods.length > 10) return [];
      const all = methods.includes("GET") ? [...methods, "HEAD"] : methods;
      return all.map((method) => `${method} ${template}`);
    }),
  );
}

test("createApp() serves every environment of the flags", () => {
  const described = description as unknown as { paths: object };
  expect(Object.keys(described.paths)).toContain("/{environment}/v1/feature-flags/");
  expect(environments).toEqual(["application", "staging", "development"]);
});

test("/openapi.json is a valid OpenAPI 3.1 document with every reference inside it", async () => {
  const api = await startService();
  const { status, json } = await api.ask("GET /openapi.json", { as: "reader" });
  expect(status).toBe(200);
  expect(await new Validator().validate(structuredClone(json))).toEqual({ valid: true });
  const references = [...JSON.stringify(json).matchAll(/"\$ref":"([^"]*)"/g)].map(([, to]) => to);
  expect(references.length).toBeGreaterThan(100);
  expect(references.filter((to) => !to?.startsWith("#/components/"))).toEqual([]);
});
