/** An output needs its row in the table, and no list elsewhere. */
import { expect, test, vi } from "vitest";
import { compile, compileUnpublished } from "../../schema/compile/compile.ts";
import { contentTypeOf, fileOf, isIndex, isPathOf, pathOfFile } from "../../schema/compile/urls.ts";
import { normalizeProject } from "../../schema/project/project.ts";
import { startService } from "./setup/api.ts";
import { Remote } from "./setup/remote.ts";

vi.mock(import("../../schema/compile/outputs.ts"), async (load) => {
  const original = await load();
  const { outputs } = original;
  const names = {
    ...outputs.flagd,
    path: "/v1/g-names.json",
    compile: ({ flags }: { readonly flags: readonly { readonly name: string }[] }) =>
      JSON.stringify(flags.map(({ name }) => name)),
  };
  return { ...original, outputs: { ...outputs, names } };
});

const path = "/v1/g-names.json";

function snapshotOf(definitions: boolean) {
  const project = normalizeProject({ environments: ["live", "qa"], publish: { definitions } }, "");
  const at = "2026-11-01T12:00:00Z";
  return { commit: "c0ffee", committed_at: at, updated_at: at, flags: [], audiences: [], project };
}

test("a new row is compiled in each environment, in the order of paths, and published as its row says", () => {
  const paths = compile(snapshotOf(true)).responses.map((response) => response.path);
  expect(paths).toEqual(expect.arrayContaining([path, `/qa${path}`, "/v1/flagd.json"]));
  expect(paths).toEqual([...paths].sort());
  expect(compile(snapshotOf(false)).responses.some((one) => one.path === path)).toBe(false);
  expect(compileUnpublished(snapshotOf(false), `/qa${path}`)?.body).toBe("[]");
  expect(isPathOf(snapshotOf(true).project, `/qa${path}`)).toBe(true);
  expect([isIndex(path), contentTypeOf(path)]).toEqual([true, "application/json"]);
  expect(pathOfFile(fileOf(path))).toBe(path);
});

test("a new row is served", async () => {
  const flag = "description: Show the cart\nenabled: true\nowner: shop\n";
  const files = { "bunting.yaml": "environments: [live, qa]\n", "flags/shop/cart.yaml": flag };
  const api = await startService({ remote: new Remote(files) });
  // Not by `ask()`, which compares answers with the description of the API.
  const get = (headers: Record<string, string>) => fetch(`${api.url}/qa${path}`, { headers });
  const answer = await get({ authorization: `Bearer ${api.tokens.of("reader")}` });
  expect([answer.status, await answer.json()]).toEqual([200, ["cart"]]);
  expect((await get({})).status).toBe(401);
});
