/** The account of who changed a flag. */
import { beforeAll, describe, expect, test } from "vitest";
import { type OwnApi, startService } from "./api.ts";
import { flags } from "./remote.ts";

const list = "/v1/feature-flags/";
const meal = `${list}meal_planning`;
const file = "flags/nutrition/meal_planning.yaml";

/** One that nothing is changed in. */
let quiet: OwnApi;
beforeAll(async () => {
  quiet = await startService();
});

describe("GET /v1/feature-flags/{flag_name}/history", () => {
  test("tells what API and people did, the newest first, as each environment saw it", async () => {
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

  test("comes in pages, each of which says where the next begins", async () => {
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

  test("answers 404 where there never was such a flag", async () => {
    for (const name of ["none", "Meal_Planning", "constructor", "--output=x", ":(glob)*", "a%00"]) {
      expect((await quiet.ask(`GET ${list}${name}/history`)).status).toBe(404);
    }
  });

  test("goes on across a move to another folder", async () => {
    const api = await startService();
    api.remote.push({ [file]: null, "flags/growth/meal_planning.yaml": String(flags[file]) });
    await api.sync();
    const { changes } = (await api.ask(`GET ${meal}/history`)).json;
    expect(changes.at(-1)).toMatchObject({ kind: "created" });
    expect(changes.filter(({ kind }: { kind: string }) => kind === "created")).toHaveLength(1);
    expect((await api.ask(`GET ${meal}`)).json.created_at).toBe("2024-08-31T12:00:00Z");
  });
});
