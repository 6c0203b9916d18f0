/** `/healthz` and `/readyz`, and responses while the branch, the remote or the target has a problem. */
import { renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../git/repository.ts";
import { type OwnApi, signed, startService, until } from "../setup/api.ts";
import { beganAt, Remote } from "../setup/remote.ts";

const list = "/v1/feature-flags/";
const meal = `${list}meal_planning`;
const file = "flags/activity/activity_tracking.yaml";
const good = "description: Track activity\nenabled: true\n";
const bad = "description: Track activity\nenabled: yes\n";

/** Makes the server fetch, and waits until `/readyz` has this status. Returns the problems. */
async function waitForStatus(api: OwnApi, status: string): Promise<string[]> {
  await api.ask("POST /webhooks/github", signed("{}"));
  await until(async () => (await api.ready()).status === status);
  return (await api.ready()).degraded;
}

test("/healthz answers without a token", async () => {
  const api = await startService();
  const { status, headers, json } = await api.ask("GET /healthz", { as: null });
  expect({ status, json }).toEqual({ status: 200, json: { status: "ok" } });
  expect(headers["cache-control"]).toBe("no-store");
});

describe("/readyz", () => {
  test("without a token shows only whether flags are served", async () => {
    const api = await startService();
    const readyz = () => api.ask("GET /readyz", { as: null });
    expect(await readyz()).toMatchObject({ status: 200, text: '{"status":"ok"}' });
    api.remote.push({ [file]: bad });
    await waitForStatus(api, "degraded");
    expect(await readyz()).toMatchObject({ status: 200, text: '{"status":"degraded"}' });
    const headers = { Authorization: "Bearer unknown" };
    expect((await api.ask("GET /readyz", { as: null, headers })).status).toBe(401);
  });

  test("with a token shows which commit is served, and how old it is", async () => {
    const api = await startService();
    const { status, headers, json } = await api.ask("GET /readyz", { as: "reader" });
    expect(status).toBe(200);
    expect(headers["cache-control"]).toBe("no-store");
    expect(json).toEqual({
      status: "ok",
      commit: api.remote.head,
      committed_at: beganAt,
      last_sync_seconds: expect.any(Number),
      last_publish_seconds: null,
      published_commit: null,
      queue: 0,
      degraded: [],
      warnings: [],
    });
    expect(json.last_sync_seconds).toBeLessThan(60);
  });

  test("shows warnings about the newest commits, and its status is ok", async () => {
    const api = await startService();
    const ahead = Math.floor(Date.now() / 1_000) + 3_600;
    const commit = api.remote.pushAt(ahead, { [file]: good });
    await waitForStatus(api, "ok");
    const expected = `warning: Commit ${commit.slice(0, 7)} is dated `;
    await until(async () => (await api.ready()).warnings[0]?.startsWith(expected));
    expect(await api.ready()).toMatchObject({ status: "ok", commit, degraded: [] });
  });

  test("shows the errors of an invalid head, with file and line, while the last valid one is served", async () => {
    const api = await startService();
    const { commit } = await api.ready();
    const { text } = await api.ask(`GET ${list}`);
    api.remote.push({ [file]: bad });
    const degraded = await waitForStatus(api, "degraded");
    expect(degraded).toEqual([expect.stringContaining(`${file}:2:10: `)]);
    expect((await api.ready()).commit).toBe(commit);
    expect(await api.ask(`GET ${list}`)).toMatchObject({ status: 200, text });

    const { head } = api.remote;
    const { status, json, headers } = await api.ask(`PUT ${meal}`, { body: { enabled: false } });
    expect(status).toBe(503);
    expect(json.type).toBe("https://bunting.example/problems/write-unavailable");
    expect(json.detail).toContain(`${file}:2:10`);
    expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    expect(api.remote.head).toBe(head);

    const mended = api.remote.push({ [file]: good });
    expect(await waitForStatus(api, "ok")).toEqual([]);
    expect((await api.ready()).commit).toBe(mended);
    expect((await api.ask(`GET ${list}`)).json.flags.activity_tracking).toBe(true);
    expect((await api.ask(`PUT ${meal}`, { body: { enabled: false } })).status).toBe(200);
  });

  test("shows that the remote does not answer, while reads continue, and recovers when it is back", async () => {
    const data = temporaryDirectory();
    const remote = new Remote();
    const api = await startService({ remote, data });
    const { commit } = await api.ready();
    renameSync(remote.directory, `${remote.directory}.gone`);
    expect(await waitForStatus(api, "degraded")).toEqual([
      expect.stringMatching(/^Cannot reach the remote: /),
    ]);
    expect((await api.ready()).commit).toBe(commit);
    expect((await api.ask(`GET ${list}`)).status).toBe(200);
    expect((await api.ask(`GET ${meal}/history`)).status).toBe(200);

    // A server that starts now has only its clone.
    await api.service.close();
    const again = await startService({ remote, data });
    expect((await again.ask(`GET ${list}`)).status).toBe(200);
    expect((await again.ready()).status).toBe("degraded");

    renameSync(`${remote.directory}.gone`, remote.directory);
    expect(await waitForStatus(again, "ok")).toEqual([]);
    expect((await again.ask(`PUT ${meal}`, { body: { enabled: false } })).status).toBe(200);
  });

  test("shows that the branch lost commits, and refuses writes until a person accepts it", async () => {
    const api = await startService();
    const first = api.remote.head;
    api.remote.push({ [file]: good });
    await api.sync();
    const { commit } = await api.ready();
    api.remote.bare.git("update-ref", "refs/heads/main", first);
    expect(await waitForStatus(api, "degraded")).toEqual([
      expect.stringContaining("--accept-remote"),
    ]);
    expect((await api.ready()).commit).toBe(commit);
    const { status, headers } = await api.ask(`PUT ${meal}`, { body: { enabled: false } });
    expect(status).toBe(503);
    expect(headers["retry-after"]).toBeDefined();
    expect(api.remote.head).toBe(first);
  });

  test("shows what was published, or why not", async () => {
    const [here, blocked] = [temporaryDirectory(), path.join(temporaryDirectory(), "file")];
    const api = await startService({ env: { FLAGS_PUBLISH: path.join(here, "cdn") } });
    await until(async () => (await api.ready()).published_commit === api.remote.head);
    expect((await api.ready()).last_publish_seconds).toBeLessThan(60);
    await api.ask(`PUT ${meal}`, { body: { enabled: false } });
    await until(async () => (await api.ready()).published_commit === api.remote.head);

    writeFileSync(blocked, "");
    const failing = await startService({ env: { FLAGS_PUBLISH: path.join(blocked, "cdn") } });
    await until(async () => (await failing.ready()).status === "degraded");
    expect(await failing.ready()).toMatchObject({
      published_commit: null,
      last_publish_seconds: null,
      degraded: [expect.any(String)],
    });
    expect((await failing.ask(`PUT ${meal}`, { body: { enabled: false } })).status).toBe(200);
    rmSync(blocked);
    await until(async () => (await failing.ready()).status === "ok", 30_000);
    expect((await failing.ready()).published_commit).toBe(failing.remote.head);
  });

  test("is 503 as long as no commit was valid, and so are all requests that need one", async () => {
    const api = await startService({ remote: new Remote({ [file]: bad }) });
    const { text } = await api.ask("GET /readyz", { as: null });
    expect(text).toBe('{"status":"unavailable"}');
    const { status, json } = await api.ask("GET /readyz");
    expect(status).toBe(503);
    expect(json).toMatchObject({
      status: "unavailable",
      commit: null,
      committed_at: null,
      degraded: [expect.stringContaining(`${file}:2:10: `)],
    });
    for (const what of [`GET ${list}`, `GET ${meal}`, `HEAD ${list}`, `GET /staging${list}`]) {
      const { status, headers } = await api.ask(what);
      expect(status).toBe(503);
      expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    }
    const headers = { Accept: "text/event-stream" };
    expect((await api.ask(`GET ${list}`, { headers })).status).toBe(503);
    expect((await api.ask(`PUT ${meal}`, { body: { enabled: true } })).status).toBe(503);
    expect((await api.ask("GET /healthz", { as: null })).status).toBe(200);

    api.remote.push({ [file]: good });
    expect(await waitForStatus(api, "ok")).toEqual([]);
    expect((await api.ask(`GET ${list}`)).json.flags).toEqual({ activity_tracking: true });
  });
});

test("an internal failure is a 500 without details", async () => {
  const data = temporaryDirectory();
  const api = await startService({ data });
  rmSync(path.join(data, "clone.git"), { recursive: true });
  const { status, json, text } = await api.ask(`GET ${meal}/history`);
  expect(status).toBe(500);
  expect(json.detail).toBe("Cannot answer: the server failed");
  expect(text).not.toMatch(/\bat |\.ts|node:|clone/);
  expect((await api.ask(`GET ${list}`)).status).toBe(200);
});

test("a push that the remote declines is a 502 with its reason, without advice to retry, and degrades /readyz", async () => {
  const remote = new Remote();
  const api = await startService({ remote });
  const hook = path.join(remote.directory, "hooks/pre-receive");
  const words = "GH006: Protected branch update failed for refs/heads/main.";
  writeFileSync(hook, `#!/bin/sh\necho "error: ${words}" >&2\nexit 1\n`, { mode: 0o755 });
  const put = () => api.ask("PUT /v1/feature-flags/meal_planning", { body: { enabled: false } });
  const { status, headers, json } = await put();
  expect([status, json.type]).toEqual([502, "https://bunting.example/problems/write-declined"]);
  expect(headers["retry-after"]).toBeUndefined();
  expect(json.detail).toContain(words);
  expect(json.detail).toContain("let the server's account bypass the rules of this branch");
  const ready = await api.ready();
  expect(ready.status).toBe("degraded");
  expect(ready.degraded.join()).toContain(words);
  rmSync(hook);
  expect((await put()).status).toBe(200);
  expect((await api.ready()).status).toBe("ok");
});
