/** Changes over a limit wait, and no others do. A list that cannot be read does not count as empty. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type S3Double, startS3Double } from "../../s3/double.ts";
import { findWrong, flag, Histories, type OpenSite, siteKinds } from "./publishing.ts";

const list = "/v1/feature-flags/";
const manifest = "/manifest.json";
const letters = [..."abcdefghij"];

const histories = new Histories();

let double: S3Double;
beforeAll(async () => {
  double = await startS3Double({ bucket: "flags", pageSize: 7 });
});
afterAll(() => double?.close());

const kinds = siteKinds(() => double);

/** `flag_a`, `flag_b` and so on, all in the same state; `null` removes them. */
function flags(names: readonly string[], state: boolean | null) {
  return Object.fromEntries(names.map((name) => [`flag_${name}`, state]));
}

function readList(site: OpenSite): Record<string, boolean> {
  return JSON.parse(site.bodies().get(list) ?? "{}").flags;
}

function readManifest(site: OpenSite) {
  return JSON.parse(site.bodies().get(manifest) ?? "{}");
}

describe.each(kinds)("publish() to %s", (_kind, newSite) => {
  /** Ten flags that are off, served. */
  async function served(state = false) {
    const [site, history] = [newSite(), histories.begin()];
    const commit = history.commit(flags(letters, state));
    await history.publish(site.open(), commit);
    return { site, history, commit };
  }

  test("holds back removals over the limit, and publishes everything else", async () => {
    const { site, history, commit } = await served();
    const next = history.commit({
      ...flags(["a", "b", "c"], null),
      flag_d: true,
      flag_e: flag(false, "Another text"),
      flag_new: true,
    });
    const outcome = await history.publish(site.open(), next);
    const waiting = ["a", "b", "c"].map((name) => {
      return { flag: `flag_${name}`, change: "removal", served: commit };
    });
    expect(outcome).toMatchObject({ status: "published", waiting, isNewlyWaiting: true });
    expect(outcome.reasons).toEqual([
      "it removes 3 of 10 flags (30 %), and 20 % or 0 flags is the limit",
    ]);
    expect(readList(site)).toMatchObject({ flag_a: false, flag_d: true, flag_new: true });
    expect(site.bodies().get(`${list}flag_e`)).toContain("Another text");
    expect(readManifest(site)).toMatchObject({ commit: next, waiting });
    expect(site.bodies().has(`/staging${list}flag_a`)).toBe(true);

    const again = await history.publish(site.open(), next);
    expect(again).toMatchObject({ status: "unchanged", waiting, isNewlyWaiting: true });
    const allowed = await history.publish(site.open(), next, { allow: "They are retired" });
    expect(allowed).toMatchObject({ status: "published", waiting: [] });
    expect(await findWrong(site, history, next)).toEqual([]);
    expect(readManifest(site).allowed).toBe("They are retired");
    expect(readManifest(site).waiting).toBeUndefined();
  });

  test("holds back turning on over the limit, in the first environment only", async () => {
    const { site, history } = await served();
    const on = `description: Enable what it says\nenabled: true\n`;
    const next = history.commit(Object.fromEntries(letters.map((name) => [`flag_${name}`, on])));
    const { reasons } = await history.publish(site.open(), next);
    expect(reasons).toEqual([
      "it turns on 10 of 10 flags (100 %), and 50 % or 0 flags is the limit",
    ]);
    expect(Object.values(readList(site))).not.toContain(true);
    const staging = JSON.parse(site.bodies().get(`/staging${list}`) ?? "").flags;
    expect(Object.values(staging)).not.toContain(false);
    await history.publish(site.open(), next, { allow: "The launch of today" });
    expect(await findWrong(site, history, next)).toEqual([]);
  });

  test("refuses to remove an environment with more flags than the limit", async () => {
    const { site, history } = await served();
    const limits = { remove: 20, turn: 50, at_least: 0 };
    const fewer = history.commitProject("environments: [application, staging]\n");
    const refused = await history.publish(site.open(), fewer, { limits });
    expect(refused.status).toBe("refused");
    expect(refused.refusals).toEqual([
      'it removes the environment "development" with all of its 10 flags, and 20 % or 0 flags is the limit; to publish anyway: --allow REASON',
    ]);
    expect(site.bodies().has(`/development${list}flag_a`)).toBe(true);
    const few = await history.publish(site.open(), fewer, {
      limits: { ...limits, at_least: 10 },
    });
    expect(few.status).toBe("published");
    expect(site.bodies().has(`/development${list}flag_a`)).toBe(false);
    const last = history.commitProject("environments: [application]\n");
    const allowed = await history.publish(site.open(), last, {
      limits,
      allow: "We have no staging",
    });
    expect(allowed.status).toBe("published");
    expect(await findWrong(site, history, last)).toEqual([]);
  });

  test("never holds back turning off, for any number of flags", async () => {
    const { site, history } = await served(true);
    const next = history.commit(flags(letters, false));
    expect(await history.publish(site.open(), next)).toMatchObject({ waiting: [] });
    expect(await findWrong(site, history, next)).toEqual([]);
  });

  test("publishes later changes while earlier ones wait, turning off among them", async () => {
    const { site, history, commit } = await served();
    await history.publish(site.open(), history.commit(flags(["a", "b", "c"], null)));
    await history.publish(site.open(), history.commit({ flag_d: true }));
    const removed = history.commit({ flag_e: null });
    const outcome = await history.publish(site.open(), removed);
    expect(outcome.waiting.map(({ flag }) => flag)).toEqual(["flag_a", "flag_b", "flag_c"]);
    expect(outcome.waiting.every(({ served }) => served === commit)).toBe(true);
    expect(outcome.isNewlyWaiting).toBe(false);
    expect(Object.keys(readList(site))).toHaveLength(9);
    expect(readList(site)).toMatchObject({ flag_d: true });
    await history.publish(site.open(), history.commit({ flag_d: false }));
    expect(readList(site)).toMatchObject({ flag_a: false, flag_d: false });
    // A flag that is restored no longer waits.
    const back = history.commit(flags(["a", "b", "c"], true));
    expect(await history.publish(site.open(), back)).toMatchObject({ waiting: [] });
    expect(await findWrong(site, history, back)).toEqual([]);
  });

  test("removes the last of two flags, and turns the other one off", async () => {
    const [site, history] = [newSite(), histories.begin()];
    const limits = { remove: 20, turn: 50, at_least: 5 };
    await history.publish(site.open(), history.commit({ flag_a: true, flag_b: true }), { limits });
    const removed = history.commit({ flag_a: null });
    await history.publish(site.open(), removed, { limits });
    const off = history.commit({ flag_b: false });
    expect(await history.publish(site.open(), off, { limits })).toMatchObject({ waiting: [] });
    expect(readList(site)).toEqual({ flag_b: false });
  });

  test("keeps serving all flags if a commit has none, until that is allowed", async () => {
    const { site, history } = await served(true);
    const none = history.commit(flags(letters, null));
    const outcome = await history.publish(site.open(), none);
    expect(outcome.reasons.join()).toContain("no flag would be left");
    expect(Object.keys(readList(site))).toHaveLength(10);
    const { status } = await history.publish(site.open(), none, { allow: "shutting down" });
    expect(status).toBe("published");
    expect(await findWrong(site, history, none)).toEqual([]);
  });

  test("holds nothing back in a rollback", async () => {
    const { site, history, commit } = await served();
    const more = history.commit(flags([..."klmnop"], false));
    await history.publish(site.open(), more);
    const outcome = await history.publish(site.open(), commit, { rollback: "It is broken" });
    expect(outcome).toMatchObject({ status: "published", waiting: [] });
    expect(await findWrong(site, history, commit)).toEqual([]);
  });

  test("a dry run reports the changes that would wait, and changes nothing", async () => {
    const { site, history } = await served();
    const bodies = site.bodies();
    const next = history.commit(flags(["a", "b", "c"], null));
    const outcome = await history.publish(site.open(), next, { dryRun: true });
    expect(outcome).toMatchObject({ status: "planned", isNewlyWaiting: true });
    expect(outcome.publication.remove).toEqual([]);
    expect(site.bodies()).toEqual(bodies);
  });

  test("repairs waiting flags in their published state, with --verify as well", async () => {
    const { site, history } = await served();
    const next = history.commit(flags(["a", "b", "c"], null));
    await history.publish(site.open(), next);
    const bodies = site.bodies();
    site.change(`${list}flag_a`, "changed");
    site.change(list, "{}");
    await history.publish(site.open(), next, { verify: true });
    expect(site.bodies()).toEqual(bodies);
  });

  describe("is not deceived by", () => {
    const damages: Record<string, (site: OpenSite) => void> = {
      "a truncated list": (site) => site.change(list, (site.bodies().get(list) ?? "").slice(0, -1)),
      "an HTML page for a list": (site) => site.change(list, "<!doctype html>"),
      "a list of few flags": (site) =>
        site.change(list, (site.bodies().get(list) ?? "").replace(/\{"flag_a.*?\}/, "{}")),
      "a list that is gone": (site) => site.change(list, undefined),
      "a truncated manifest": (site) =>
        site.change(manifest, (site.bodies().get(manifest) ?? "").slice(0, -2)),
      "a manifest that is gone": (site) => site.change(manifest, undefined),
      "a truncated list and manifest": (site) => {
        site.change(list, "{");
        site.change(manifest, "{");
      },
      "a list and a manifest that are gone": (site) => {
        site.change(list, undefined);
        site.change(manifest, undefined);
      },
    };

    test.each(Object.keys(damages))("%s: removals over the limit wait", async (what) => {
      const { site, history } = await served(true);
      damages[what]?.(site);
      const next = history.commit(flags([..."bcdefghij"], null));
      const outcome = await history.publish(site.open(), next);
      const held = outcome.status === "refused" ? outcome.refusals : outcome.reasons;
      expect(held.join("\n")).toMatch(/removes 9 of 10 flags|not known what is served/);
      const left = [...site.bodies().keys()].filter((path) => path.startsWith(`${list}flag_`));
      expect(left).toHaveLength(10);
      await history.publish(site.open(), next, { allow: "They are retired" });
      expect(await findWrong(site, history, next)).toEqual([]);
    });

    test.each(Object.keys(damages))("%s: an older commit is refused", async (what) => {
      for (const seconds of [60, 0]) {
        const { site, history, commit } = await served(true);
        const next = history.commit({ flag_a: false }, seconds);
        await history.publish(site.open(), next);
        damages[what]?.(site);
        const outcome = await history.publish(site.open(), commit);
        expect(outcome.status, `${seconds} s`).toBe("refused");
        expect(JSON.parse(site.bodies().get(`${list}flag_a`) ?? "").enabled).toBe(false);
        await history.publish(site.open(), next, { allow: "It is the newest" });
        expect(await findWrong(site, history, next)).toEqual([]);
      }
    });
  });
});
