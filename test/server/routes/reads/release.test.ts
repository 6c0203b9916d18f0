/** The server answers with the bytes of the release at every URL. */
import { beforeAll, expect, test } from "vitest";
import { compile } from "../../../../schema/compile/compile.ts";
import { etag, type Release } from "../../../../schema/compile/release.ts";
import { Repository } from "../../../../store/snapshot/repository.ts";
import { type OwnApi, startService } from "../../setup/api.ts";
import { flags, Remote } from "../../setup/remote.ts";

let api: OwnApi;
let release: Release;
beforeAll(async () => {
  const remote = new Remote({
    ...flags,
    "flags/growth/invite_friends.yaml":
      'description: "Crème brûlée 🍲 <b> \\\\ \\" `x` & more"\nenabled: false\nenvironments: {development: {enabled: true}}\n',
    "flags/growth/terse.yaml": "enabled: true\n",
  });
  remote.push({ "flags/nutrition/recipe_import.yaml": "enabled: true\n" });
  const repository = await Repository.open(remote.directory);
  const { snapshot } = await repository.read(remote.head, "2026-01-01");
  if (!snapshot) throw new Error("Cannot compile the test's own flags");
  release = compile(snapshot);
  api = await startService({ remote });
});

test("every URL of a release is answered with its body, type, length and entity tag", async () => {
  expect(release.responses.length).toBeGreaterThan(20);
  for (const response of release.responses) {
    const { path, body, length } = response;
    const { status, headers, text } = await api.ask(`GET ${path}`, { as: "reader" });
    expect({ path, status, text }).toEqual({ path, status: 200, text: body });
    expect(headers).toMatchObject({
      "content-type": path.startsWith("/errors/") ? "application/problem+json" : "application/json",
      "content-length": `${length}`,
      "cache-control": "private, no-cache",
      etag: etag(response),
    });
  }
});

test("every URL of a release answers HEAD with the same headers and no body", async () => {
  for (const response of release.responses) {
    const { status, headers, text } = await api.ask(`HEAD ${response.path}`, { as: "reader" });
    expect({ path: response.path, status, text }).toEqual({
      path: response.path,
      status: 200,
      text: "",
    });
    expect(headers["content-length"]).toBe(`${response.length}`);
    expect(headers.etag).toBe(etag(response));
  }
});

test("every URL of a release answers 304 to a client that has its bytes", async () => {
  for (const response of release.responses) {
    const headers = { "If-None-Match": etag(response) };
    const { status, text } = await api.ask(`GET ${response.path}`, { as: "reader", headers });
    expect({ path: response.path, status, text }).toEqual({
      path: response.path,
      status: 304,
      text: "",
    });
  }
});
