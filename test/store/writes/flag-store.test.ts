import { expect, test } from "vitest";
import { serveOverHttp } from "../../git/http-remote.ts";
import {
  create,
  dailyTips,
  describe,
  expectSound,
  flagRemote,
  flagsOf,
  headOf,
  mealPlanning,
  openStore,
  remove,
  subjectsOf,
  turn,
  write,
} from "./writing.ts";

test.each(["path", "HTTP"])(
  "write() pushes each kind of change to a remote over %s",
  async (kind) => {
    const { bare } = flagRemote();
    const store = await openStore(kind === "path" ? bare : (await serveOverHttp(bare)).url);
    const changes = [
      create("water_log", true, "Log glasses of water"),
      turn("meal_planning", false),
      turn("meal_planning", true, "staging"),
      describe("daily_tips", "Show a tip: one a day"),
      remove("water_log"),
    ];
    for (const change of changes) {
      const result = await store.write(write(change));
      expect(result).toMatchObject({ status: "committed", commit: headOf(bare) });
      expect(store.current?.snapshot.commit).toBe(headOf(bare));
    }
    expect(subjectsOf(bare)).toEqual([
      "Create water_log",
      "Disable meal_planning",
      "Enable meal_planning in staging",
      "Describe daily_tips",
      "Delete water_log",
    ]);
    expect(await flagsOf(bare)).toMatchObject([
      { name: "daily_tips", description: "Show a tip: one a day" },
      {
        name: "meal_planning",
        decisions: {
          application: { enabled: false },
          staging: { enabled: true },
          development: { enabled: false },
        },
      },
    ]);
    expect(bare.git("show", `main:${mealPlanning}`)).toContain("enabled: false # since May");
    expect(bare.git("show", `main:${dailyTips}`)).toContain("Show a tip: one a day");
    expectSound(bare, store);
  },
);
