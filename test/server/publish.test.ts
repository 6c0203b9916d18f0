/** A server that publishes: changes within the limits, waiting changes, and their permission. */
import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { Files } from "../git/repository.ts";
import { temporaryDirectory } from "../git/repository.ts";
import { runScript } from "../scripts/setup/run.ts";
import { type OwnApi, startService, until } from "./setup/api.ts";
import { Remote } from "./setup/remote.ts";

const list = "/v1/feature-flags/";

/** As many flags as `states` has letters: `+` is on, `-` is off. */
function flags(states: string): Files {
  const files = [...states].map((state, at) => [
    `flags/nutrition/improvement_${at}.yaml`,
    `description: Improve it\nenabled: ${state === "+"}\nowner: nutrition\n`,
  ]);
  return Object.fromEntries(files);
}

/** Publishes to a directory of its own. */
async function start(files: Files) {
  const target = path.join(temporaryDirectory(), "cdn");
  const remote = new Remote(files);
  const api = await startService({ remote, env: { FLAGS_PUBLISH: target } });
  await untilPublished(api);
  const served = () =>
    JSON.parse(readFileSync(path.join(target, "v1/feature-flags/index.json"), "utf8")).flags;
  return { api, target, served };
}

/** Waits until the head of the branch is published, except for waiting changes. */
async function untilPublished(api: OwnApi): Promise<void> {
  await until(async () => (await api.ready()).published_commit === api.remote.head);
}

describe("with FLAGS_PUBLISH,", () => {
  test("deleting one of two flags does not block the other one", async () => {
    const { api, served } = await start(flags("++"));
    const { headers } = await api.ask(`DELETE ${list}improvement_0`);
    expect(headers["publish-waiting"]).toBeUndefined();
    await api.ask(`PUT ${list}improvement_1`, { body: { enabled: false } });
    await untilPublished(api);
    expect(served()).toEqual({ improvement_1: false });
    expect((await api.ready()).status).toBe("ok");
  });

  test("a change over a limit waits, is reported, and blocks no other; Publish-Allow publishes it", async () => {
    const { api, target, served } = await start(flags("------+"));
    for (const at of [0, 1, 2, 3, 4, 5]) {
      api.remote.push({
        [`flags/nutrition/improvement_${at}.yaml`]:
          "description: Improve it\nenabled: true\nowner: nutrition\n",
      });
    }
    await api.sync();
    await untilPublished(api);
    expect(Object.values(served())).toEqual([...Array(6).fill(false), true]);
    const why = "it turns on 6 of 7 flags (85.7 %), and 50 % or 5 flags is the limit";
    expect(await api.ready()).toMatchObject({
      status: "degraded",
      degraded: [expect.stringContaining(`improvement_0, improvement_1`)],
    });
    expect((await api.ready()).degraded[0]).toContain(why);

    const off = await api.ask(`PUT ${list}improvement_6`, { body: { enabled: false } });
    expect(off.headers["publish-waiting"]).toBeUndefined();
    await untilPublished(api);
    expect(served().improvement_6).toBe(false);
    const answer = await api.ask(`PUT ${list}improvement_0`, { body: { description: "Better" } });
    expect(answer.status).toBe(200);
    expect(answer.headers["publish-waiting"]).toBe(why);
    expect(answer.json.enabled).toBe(true);

    const nothingNew = { enabled: true };
    // Clients send UTF-8.
    const reason = Buffer.from("The launch for café Zoë").toString("latin1");
    const headers = { "Publish-Allow": reason };
    const allowed = await api.ask(`PUT ${list}improvement_0`, { body: nothingNew, headers });
    expect(allowed.status).toBe(200);
    expect(allowed.headers["publish-waiting"]).toBeUndefined();
    await until(() => served().improvement_0 === true);
    expect(Object.values(served())).toEqual([...Array(6).fill(true), false]);
    await until(async () => (await api.ready()).status === "ok");
    const manifest = JSON.parse(readFileSync(path.join(target, "manifest.json"), "utf8"));
    expect(manifest.allowed).toBe("The launch for café Zoë");
  });

  test("the response of a write shows that its own change waits", async () => {
    const { api, served } = await start(flags("+++++++"));
    for (const at of [0, 1, 2, 3, 4, 5]) {
      api.remote.push({ [`flags/nutrition/improvement_${at}.yaml`]: null });
    }
    await api.sync();
    await untilPublished(api);
    expect(Object.keys(served())).toHaveLength(7);
    const last = await api.ask(`DELETE ${list}improvement_6`);
    expect(last.status).toBe(204);
    expect(last.headers["publish-waiting"]).toContain("no flag would be left");
  });

  test("the response of a write shows that the flags that require its own wait", async () => {
    const parent = "flags/nutrition/parent.yaml";
    const children = [1, 2, 3, 4, 5, 6].map((at) => [
      `flags/nutrition/child_${at}.yaml`,
      "enabled: true\nrequires: [parent]\n",
    ]);
    const { api } = await start({ ...Object.fromEntries(children), [parent]: "enabled: false\n" });
    const { status, headers } = await api.ask(`PUT ${list}parent`, { body: { enabled: true } });
    expect(status).toBe(200);
    expect(headers["publish-waiting"]).toContain("7 of 7 flags");
  });

  test("/readyz is healthy again after somebody allowed it with the command", async () => {
    const { api, target } = await start(flags("-------"));
    const files = flags("++++++-");
    api.remote.push(files);
    await api.sync();
    await until(async () => (await api.ready()).status === "degraded");
    const args = ["--repo", api.remote.directory, "--at", "main", "--to", target];
    const ran = await runScript("publish", [...args, "--allow", "The launch of today"], {
      in: temporaryDirectory(),
    });
    expect(ran.code).toBe(0);
    await api.ask(`PUT ${list}improvement_6`, { body: { description: "Better" } });
    await until(async () => (await api.ready()).status === "ok");
  });

  test.each([
    ["an editor", "editor", { "Publish-Allow": "The launch of today" }, 403],
    ["a short reason", "admin", { "Publish-Allow": "go" }, 400],
    ["a card number", "admin", { "Publish-Allow": "For 4111 1111 1111 1111" }, 400],
    ["a key", "admin", { "Publish-Allow": "As AKIAIOSFODNN7EXAMPLE asked" }, 400],
  ])("refuses Publish-Allow from %s", async (_who, as, headers, status) => {
    const { api } = await start(flags("+"));
    const { head } = api.remote;
    const body = { enabled: false };
    const answer = await api.ask(`PUT ${list}improvement_0`, { as, body, headers });
    expect(answer.status).toBe(status);
    expect(api.remote.head).toBe(head);
  });
});

test("Publish-Allow is refused by a server that does not publish", async () => {
  const api = await startService({ remote: new Remote(flags("+")) });
  const headers = { "Publish-Allow": "The launch of today" };
  const answer = await api.ask(`PUT ${list}improvement_0`, { body: { enabled: false }, headers });
  expect(answer.status).toBe(400);
  expect(answer.json.detail).toContain("FLAGS_PUBLISH");
});
