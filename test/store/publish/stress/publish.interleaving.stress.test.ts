import { describe, expect, test } from "vitest";
import type { PublishOptions, PublishOutcome } from "../../../../store/publish/publish.ts";
import { failAtChange, type Hooks, WatchedTarget } from "../../target/watched-target.ts";
import { noLimits } from "../no-limits.ts";
import { findWrong, History, MemorySite } from "../publishing.ts";

const bold = { limits: noLimits, timeoutMs: 20 };

let time = 0;
/** Times in listings are whole seconds at AWS, and finer elsewhere; each test runs with both. */
const clocks: [string, () => number][] = [
  ["whole seconds", () => 0],
  ["finer times", () => ++time],
];
let clock = () => 0;

/** One publisher, and a second one that runs completely at one change of the first. */
interface Race {
  readonly history: History;
  readonly served: string;
  readonly first: Run;
  readonly second: Run;
}

interface Run {
  readonly commit: string;
  readonly options?: Partial<PublishOptions>;
  /** The change at which it is killed. */
  readonly hooks?: Hooks;
}

interface RaceResult {
  readonly site: MemorySite;
  /** Missing if the first made fewer changes. */
  readonly second: PublishOutcome | Error | undefined;
  readonly first: PublishOutcome;
}

async function run(race: Race, nth: number, when: keyof Hooks): Promise<RaceResult> {
  const { history, served, first, second } = race;
  const site = new MemorySite(clock);
  await history.publish(site.open(), served, bold);
  let other: PublishOutcome | Error | undefined;
  const target = new WatchedTarget(site.open(), {
    [when]: async (now: number) => {
      if (now !== nth) return;
      const there = new WatchedTarget(site.open(), second.hooks);
      other = await history
        .publish(there, second.commit, { ...bold, ...second.options })
        .catch((error: Error) => error);
    },
  });
  const options = { ...bold, concurrency: 1, ...first.options };
  const outcome = await history.publish(target, first.commit, options);
  return { site, first: outcome, second: other };
}

/** Runs the second publisher at each change of the first, and checks each result. */
async function runAll(
  race: Race,
  look: (finish: RaceResult, message: string) => Promise<void>,
): Promise<void> {
  for (const [name, now] of clocks) {
    clock = now;
    await runMoments(race, (finish, message) => look(finish, `${message}, by ${name}`));
  }
}

async function runMoments(
  race: Race,
  look: (finish: RaceResult, message: string) => Promise<void>,
): Promise<void> {
  for (const when of ["before", "after"] as const) {
    for (let nth = 1; ; nth++) {
      const finish = await run(race, nth, when);
      if (finish.second === undefined) {
        expect(nth).toBeGreaterThan(1);
        break;
      }
      await look(finish, `the second ${when} change ${nth} of the first`);
    }
  }
}

const forward = new History();
const older = [
  forward.commit({ meal_planning: true, food_search: false }),
  forward.commit({ food_search: true, heart_rate: true }),
  forward.commit({ meal_planning: false, heart_rate: null, step_count: true }),
] as const;

/** The last responses are equal to the first ones, so ETags cannot distinguish them. */
const aba = new History();
const [zero, a, b] = [
  aba.commit({ meal_planning: true, food_search: false, data_export: true }, 0),
  aba.commit({ food_search: true, heart_rate: true, data_export: null }, 0),
  aba.commit({ food_search: false, heart_rate: null, data_export: true }, 0),
] as const;

test("the first and the last of three commits have the same responses", async () => {
  const [first, middle, last] = await Promise.all([zero, a, b].map((id) => aba.release(id)));
  expect(last?.responses).toEqual(first?.responses);
  expect(middle?.responses).not.toEqual(first?.responses);
});

describe.each([
  ["commits that go on", forward, ...older],
  ["commits of which the last is like the first", aba, zero, a, b],
] as const)("publish() of %s", (_what, history, served, middle, newest) => {
  async function endsOnNewest({ site }: RaceResult, message: string): Promise<void> {
    expect(await findWrong(site, history, newest), message).toEqual([]);
    await history.publish(site.open(), newest, bold);
    expect(await findWrong(site, history, newest), message).toEqual([]);
    const last = await history.publish(site.open(), newest, bold);
    expect(last.status, message).toBe("unchanged");
  }

  test("ends on the newest if it starts while an older one is published", async () => {
    const race = { history, served, first: { commit: middle }, second: { commit: newest } };
    await runAll(race, async (finish, message) => {
      expect(finish.second, message).toMatchObject({ status: "published" });
      await endsOnNewest(finish, message);
    });
  });

  test("ends on the newest if an older one starts while it is published", async () => {
    const race = { history, served, first: { commit: newest }, second: { commit: middle } };
    await runAll(race, async (finish, message) => {
      expect(finish.first, message).toMatchObject({ status: "published" });
      await endsOnNewest(finish, message);
    });
  });

  test("ends on the newest if an older one starts while it verifies", async () => {
    const first = { commit: newest, options: { verify: true } };
    await runAll({ history, served, first, second: { commit: middle } }, endsOnNewest);
  });

  test("ends on the newest if it starts while an older one is published and verified", async () => {
    const first = { commit: middle, options: { verify: true } };
    await runAll({ history, served, first, second: { commit: newest } }, endsOnNewest);
  });

  test("ends on the newest when it is published twice at once", async () => {
    const race = { history, served, first: { commit: newest }, second: { commit: newest } };
    await runAll(race, endsOnNewest);
  });

  describe.each([
    ["the newest", middle, newest],
    ["an older one", newest, middle],
  ])("after one more run, if %s was killed", (_, commit, killed) => {
    test.each([1, 3, 5, 8])("at its change %i, ends on the newest", async (nth) => {
      const second = { commit: killed, hooks: failAtChange(nth, "after") };
      await runAll({ history, served, first: { commit }, second }, async ({ site }, message) => {
        await history.publish(site.open(), newest, bold);
        expect(await findWrong(site, history, newest), message).toEqual([]);
      });
    });
  });
});

describe("publish() with --rollback", () => {
  const rollback = { rollback: "checkout is down" };
  const [good, before, bad] = older;
  const later = forward.commit({ meal_planning: false, step_count: true, diary: true });

  async function staysRolledBack({ site }: RaceResult, message: string): Promise<void> {
    expect(await findWrong(site, forward, good), message).toEqual([]);
    for (const commit of [before, bad, later]) {
      const outcome = await forward.publish(site.open(), commit, bold);
      expect(outcome, message).toMatchObject({ status: "refused", left: [] });
    }
    await forward.publish(site.open(), good, bold);
    expect(await findWrong(site, forward, good), message).toEqual([]);
  }

  test("is not undone by a concurrent publication of the commit that it rolls back", async () => {
    const race: Race = {
      history: forward,
      served: before,
      first: { commit: bad },
      second: { commit: good, options: rollback },
    };
    await runAll(race, staysRolledBack);
  });

  test("is not undone by a later publication of the commit that it rolls back", async () => {
    for (const commit of [bad, before]) {
      const race: Race = {
        history: forward,
        served: bad,
        first: { commit: good, options: rollback },
        second: { commit },
      };
      await runAll(race, staysRolledBack);
    }
  });

  test("is not undone by a concurrent repair of the commit that it rolls back", async () => {
    const race: Race = {
      history: forward,
      served: bad,
      first: { commit: bad, options: { cacheControl: "public, max-age=1", verify: true } },
      second: { commit: good, options: rollback },
    };
    await runAll(race, staysRolledBack);
  });

  test("ends on one of two concurrent releases", async () => {
    const race: Race = {
      history: forward,
      served: later,
      first: { commit: good, options: rollback },
      second: { commit: before, options: rollback },
    };
    await runAll(race, async ({ site }, message) => {
      const manifest = JSON.parse(site.bodies().get("/manifest.json") ?? "");
      expect([good, before], message).toContain(manifest.commit);
      expect(await findWrong(site, forward, manifest.commit), message).toEqual([]);
      expect(manifest.rollback.from, message).toBe(later);
    });
  });
});
