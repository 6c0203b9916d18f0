/** `GET …/history`: the changes of a flag, with actor, time and reason. */
import { beforeAll, describe, expect, test, vi } from "vitest";
import { BranchHistory } from "../../../../store/branch/branch-history.ts";
import { type OwnApi, startService, until } from "../../setup/api.ts";
import { flags } from "../../setup/remote.ts";
import { TestTokens } from "../../setup/tokens.ts";

const list = "/v1/feature-flags/";
const meal = `${list}meal_planning`;
const file = "flags/nutrition/meal_planning.yaml";

/** A server that no test changes. */
let quiet: OwnApi;
beforeAll(async () => {
  quiet = await startService();
});

describe("GET /v1/feature-flags/{flag_name}/history", () => {
  test("has the changes of the API and of people, the newest first, by environment", async () => {
    const api = await startService();
    const headers = { "Change-Reason": "Too many complaints" };
    await api.ask(`PUT ${meal}`, { as: "editor", body: { enabled: false }, headers });
    const api1 = api.remote.head;
    const text = api.remote.file(file).replace("Enable meal", "Offer meal");
    const human = api.remote.push({ [file]: `${text}\n` });
    await api.sync();
    await api.ask(`PUT /staging${meal}`, { body: { enabled: true } });
    await api.ask(`DELETE ${meal}`);

    const { status, json } = await api.ask(`GET ${meal}/history`, { as: "reader" });
    expect(status).toBe(200);
    const { name, environment, changes, next } = json;
    expect({ name, environment, next }).toEqual({
      name: "meal_planning",
      environment: "application",
      next: undefined,
    });
    const [on, off, offered] = [
      { enabled: true, description: "Enable meal planning features" },
      { enabled: false, description: "Enable meal planning features" },
      { enabled: false, description: "Offer meal planning features" },
    ];
    expect(changes).toMatchObject([
      {
        kind: "deleted",
        origin: "api",
        summary: "Delete meal_planning",
        before: offered,
        after: null,
      },
      { kind: "updated", origin: "api", changed_by: "Ada Admin", before: offered, after: offered },
      {
        kind: "updated",
        origin: "git",
        commit: human,
        changed_by: "Ada",
        reason: "",
        before: off,
        after: offered,
      },
      {
        kind: "updated",
        origin: "api",
        commit: api1,
        changed_by: "Ada Editor",
        summary: "Disable meal_planning",
        reason: "Too many complaints",
        before: on,
        after: off,
      },
      { kind: "created", origin: "git", before: null, after: on },
    ]);

    const there = await api.ask(`GET /staging${meal}/history`);
    expect(there.json.environment).toBe("staging");
    const states = there.json.changes.map(
      ({ after }: { after?: { enabled: boolean } }) => after?.enabled,
    );
    expect(states).toEqual([undefined, true, false, false, false]);
  });

  test("comes in pages, each with the start of the next one", async () => {
    const api = await startService();
    for (let count = 0; count < 4; count += 1) {
      await api.ask(`PUT ${meal}`, { body: { enabled: count % 2 === 1 } });
    }
    const all = (await api.ask(`GET ${meal}/history`)).json.changes;
    expect(all).toHaveLength(5);

    const seen: unknown[] = [];
    const pages: number[] = [];
    for (let skip: number | undefined = 0; skip !== undefined; ) {
      const { json } = await api.ask(`GET ${meal}/history?limit=2&skip=${skip}`);
      seen.push(...json.changes);
      pages.push(json.changes.length);
      skip = json.next;
    }
    expect(seen).toEqual(all);
    expect(pages).toEqual([2, 2, 1]);
    expect((await api.ask(`GET ${meal}/history?limit=5`)).json.next).toBeUndefined();
    expect((await api.ask(`GET ${meal}/history?skip=100`)).json.changes).toEqual([]);
  });

  test.each([
    "limit=0",
    "limit=201",
    "limit=-1",
    "limit=x",
    "limit=",
    "limit=1&limit=2",
    "limit=1e1",
    "skip=-1",
    "skip=1000001",
    "skip=99999999999999999999",
    "skip=--output=x",
  ])("answers 400 for ?%s", async (query) => {
    expect((await quiet.ask(`GET ${meal}/history?${query}`)).status).toBe(400);
  });

  test("answers 404 for a flag that never existed", async () => {
    for (const name of ["none", "Meal_Planning", "constructor", "--output=x", ":(glob)*", "a%00"]) {
      expect((await quiet.ask(`GET ${list}${name}/history`)).status).toBe(404);
    }
  });

  test("shows a token for one environment no changes or reasons of others", async () => {
    const tester = { role: "reader", environments: ["staging"] } as const;
    const api = await startService({ tokens: new TestTokens({ tester }) });
    for (const [where, enabled, reason] of [
      ["", false, "A secret of application"],
      ["/staging", true, "A test in staging"],
      ["", true, "Another secret"],
    ] as const) {
      const headers = { "Change-Reason": reason };
      await api.ask(`PUT ${where}${meal}`, { body: { enabled }, headers });
    }
    const { json, text } = await api.ask(`GET /staging${meal}/history`, { as: "tester" });
    expect(json.changes.map(({ kind }: { kind: string }) => kind)).toEqual(["updated", "created"]);
    expect(text).toContain("A test in staging");
    expect(text).not.toMatch(/secret/);
    const whole = await api.ask(`GET /staging${meal}/history`, { as: "reader" });
    expect(whole.json.changes).toHaveLength(4);
  });

  test("starts at most four git processes, two of one token, for any number of concurrent requests", async () => {
    const api = await startService();
    const read = vi.spyOn(BranchHistory.prototype, "changesOf");
    const running = { editor: 0, reader: 0, admin: 0 };
    const most = { total: 0, own: 0 };
    const ends: (() => void)[] = [];
    read.mockImplementation(async (name) => {
      const owner = name.split("_")[0] as keyof typeof running;
      running[owner] += 1;
      most.own = Math.max(most.own, running[owner]);
      most.total = Math.max(most.total, running.editor + running.reader + running.admin);
      await new Promise<void>((resolve) => ends.push(resolve));
      running[owner] -= 1;
      return [];
    });
    const answers = (["editor", "reader", "admin"] as const).flatMap((as) =>
      Array.from({ length: 10 }, (_, index) =>
        api.ask(`GET ${list}${as}_${index}/history`, { as }),
      ),
    );
    let isOver = false;
    const all = Promise.all(answers).finally(() => {
      isOver = true;
    });
    await until(() => {
      ends.shift()?.();
      return isOver;
    });
    expect(new Set((await all).map(({ status }) => status))).toEqual(new Set([404]));
    expect(most).toEqual({ total: 4, own: 2 });
    read.mockRestore();
  });

  test("is read once for concurrent requests of the same page at the same head", async () => {
    const api = await startService();
    const read = vi.spyOn(BranchHistory.prototype, "changesOf");
    await Promise.all(Array.from({ length: 5 }, () => api.ask(`GET ${meal}/history`)));
    await api.ask(`GET ${meal}/history`, { as: "reader" });
    expect(read).toHaveBeenCalledTimes(1);
    await api.ask(`PUT ${meal}`, { body: { enabled: false } });
    const { json } = await api.ask(`GET ${meal}/history`);
    expect(json.changes).toHaveLength(2);
    expect(read).toHaveBeenCalledTimes(2);
    read.mockRestore();
  });

  test("is refused to a token after 120 requests a minute, and to no other token", async () => {
    const api = await startService();
    const statuses: number[] = [];
    for (let count = 0; count < 125; count += 1)
      statuses.push((await api.ask(`GET ${meal}/history`, { as: "reader" })).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(120);
    expect(statuses.at(-1)).toBe(429);
    expect((await api.ask(`GET ${meal}/history`, { as: "editor" })).status).toBe(200);
    expect((await api.ask(`GET ${list}`, { as: "reader" })).status).toBe(200);
  });

  test("continues across a move to another folder", async () => {
    const api = await startService();
    api.remote.push({ [file]: null, "flags/growth/meal_planning.yaml": String(flags[file]) });
    await api.sync();
    const { changes } = (await api.ask(`GET ${meal}/history`)).json;
    expect(changes.at(-1)).toMatchObject({ kind: "created" });
    expect(changes.filter(({ kind }: { kind: string }) => kind === "created")).toHaveLength(1);
    expect((await api.ask(`GET ${meal}`)).json.created_at).toBe("2024-08-31T12:00:00Z");
  });
});
