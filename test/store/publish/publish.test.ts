import { existsSync, readdirSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { formatManifest } from "../../../schema/compile/manifest.ts";
import { respond } from "../../../schema/compile/release.ts";
import { type S3Double, startS3Double } from "../../s3/double.ts";
import { WatchedTarget } from "../target/watched-target.ts";
import {
  DirectorySite,
  fileOfFlag,
  findWrong,
  flag,
  History,
  type OpenSite,
  S3Site,
  siteKinds,
} from "./publishing.ts";

const environments = ["", "/staging", "/development"];
const list = "/v1/feature-flags/";
const manifest = "/manifest.json";

/** The lists of all environments, in the order of paths. */
function everywhere(...names: string[]): string[] {
  return environments
    .flatMap((environment) => names.map((name) => environment + list + name))
    .sort();
}

const history = new History();
const zero = history.commit({
  meal_planning: true,
  food_search: false,
  water_tracking: false,
  barcode_scanner: true,
  data_export: false,
});
history.made.switch("aside");
const aside = history.commit({ meal_planning: false });
history.made.switch("main");
const readme = history.made.change(1_700_000_500, { "README.md": "Flags\n" });
const one = history.commit({ water_tracking: true });
const two = history.commit({ heart_rate: true, data_export: null });

let double: S3Double;
beforeAll(async () => {
  double = await startS3Double({ bucket: "flags", pageSize: 7 });
});
afterAll(() => double?.close());

const kinds = siteKinds(() => double);

describe.each(kinds)("publish() to %s", (_kind, newSite) => {
  /** The requests of a publication of `commit` after that of `before`. */
  async function changesOf(before: string, commit: string, site = newSite()): Promise<string[]> {
    await history.publish(site.open(), before);
    const target = new WatchedTarget(site.open());
    const sent = site instanceof S3Site ? site.changes().length : 0;
    await history.publish(target, commit);
    expect(await findWrong(site, history, commit)).toEqual([]);
    if (site instanceof S3Site) {
      const requests = target.changes.map((change) =>
        change.replace(/^put/, "PUT").replace(/^remove/, "DELETE"),
      );
      expect(site.changes().slice(sent).sort()).toEqual(requests.sort());
    }
    return target.changes;
  }

  test("writes everything to an empty target, the manifest last", async () => {
    const site = newSite();
    const target = new WatchedTarget(site.open());
    const outcome = await history.publish(target, zero);
    expect(outcome).toMatchObject({ status: "published", commit: zero, before: undefined });
    expect(outcome.publication.put.length).toBe(3 * 6 + 2);
    expect(await findWrong(site, history, zero)).toEqual([]);
    const lists = everywhere("").map((path) => `put ${path}`);
    expect(target.changes.slice(-4).sort()).toEqual([...lists, `put ${manifest}`].sort());
    expect(target.changes.at(-1)).toBe(`put ${manifest}`);
  });

  test("sends nothing the second time", async () => {
    const site = newSite();
    expect(await changesOf(zero, zero, site)).toEqual([]);
    expect(await history.publish(site.open(), zero)).toMatchObject({ status: "unchanged" });
    expect(await history.publish(site.open(), zero, { thorough: false })).toMatchObject({
      status: "unchanged",
    });
  });

  test("sends only the manifest for a commit that changes no response", async () => {
    expect(await changesOf(zero, readme)).toEqual([`put ${manifest}`]);
  });

  test("sends one flag that changed, then the lists, then the manifest", async () => {
    const changes = await changesOf(readme, one);
    expect(changes.slice(0, 3).sort()).toEqual(
      everywhere("water_tracking").map((path) => `put ${path}`),
    );
    expect(changes.slice(3, 6).sort()).toEqual(everywhere("").map((path) => `put ${path}`));
    expect(changes.slice(6)).toEqual([`put ${manifest}`]);
  });

  test("removes a flag after the lists that named it, before the manifest", async () => {
    const changes = await changesOf(one, two);
    expect(changes.slice(0, 3).sort()).toEqual(
      everywhere("heart_rate").map((path) => `put ${path}`),
    );
    expect(changes.slice(3, 6).sort()).toEqual(everywhere("").map((path) => `put ${path}`));
    expect(changes.slice(6, 9).sort()).toEqual(
      everywhere("data_export").map((path) => `remove ${path}`),
    );
    expect(changes.slice(9)).toEqual([`put ${manifest}`]);
  });

  test("lists flags that are toggled, added and removed", async () => {
    const site = newSite();
    await history.publish(site.open(), zero);
    const { before, publication } = await history.publish(site.open(), two, { dryRun: true });
    const { diffs, put, remove, keep } = publication;
    expect(before).toBe(zero);
    expect(diffs[0]).toEqual({
      environment: "application",
      added: ["heart_rate"],
      removed: ["data_export"],
      on: ["water_tracking"],
      off: [],
      served: 5,
    });
    expect(diffs[1]).toEqual({ ...diffs[0], environment: "staging" });
    expect(put.map(({ path }) => path).sort()).toEqual(
      everywhere("", "heart_rate", "water_tracking"),
    );
    expect(remove).toEqual(everywhere("data_export"));
    expect(keep).toBe(3 * 3 + 2);
  });

  test("changes nothing on a dry run, not even an empty target", async () => {
    const site = newSite();
    const target = new WatchedTarget(site.open());
    expect(await history.publish(target, zero, { dryRun: true })).toMatchObject({
      status: "planned",
    });
    if (site instanceof S3Site) expect(site.changes()).toEqual([]);
    else expect(existsSync(site.name)).toBe(false);
    await history.publish(site.open(), zero);
    const bodies = site.bodies();
    await history.publish(target, one, { dryRun: true });
    expect(target.changes).toEqual([]);
    expect(site.bodies()).toEqual(bodies);
  });

  test("leaves no temporary files", async () => {
    const site = newSite();
    await history.publish(site.open(), zero);
    if (site instanceof DirectorySite) {
      expect(readdirSync(site.name).sort()).toEqual([
        "development",
        "errors",
        "manifest.json",
        "staging",
        "v1",
      ]);
    }
  });

  describe("refuses, and sends nothing for,", () => {
    const refused = async (site: OpenSite, commit: string, by = history) => {
      const target = new WatchedTarget(site.open());
      const bodies = site.bodies();
      const outcome = await by.publish(target, commit);
      expect(outcome).toMatchObject({ status: "refused", left: [] });
      expect(target.changes).toEqual([]);
      expect(site.bodies()).toEqual(bodies);
      return outcome.refusals.join("\n");
    };

    test("an older commit", async () => {
      const site = newSite();
      await history.publish(site.open(), two);
      expect(await refused(site, one)).toContain("newer");
    });

    test("an unrelated commit", async () => {
      const site = newSite();
      await history.publish(site.open(), one);
      expect(await refused(site, aside)).toContain("no ancestor");
    });

    test("a commit of a clone that lacks the served commit", async () => {
      const site = newSite();
      const behind = new History(history.made.clone());
      const newest = new History(history.made.clone());
      await newest.publish(site.open(), newest.commit({ food_search: true }, 10_000));
      expect(await refused(site, two, behind)).toContain("fetch");
    });

    test("a first release without flags", async () => {
      const site = newSite();
      const empty = new History();
      const none = empty.made.change(1_700_000_000, { "README.md": "None yet\n" });
      const outcome = await empty.publish(site.open(), none);
      expect(outcome.status).toBe("refused");
      expect(site instanceof S3Site ? site.changes() : [...site.bodies()]).toEqual([]);
    });
  });

  test("toggles and removes as many flags as the limits allow", async () => {
    const site = newSite();
    const many = new History();
    await many.publish(site.open(), many.commit(flags(10, true)));
    const half = many.commit(flags(5, false));
    expect(await many.publish(site.open(), half)).toMatchObject({ status: "published" });
    const fewer = many.commit({ flag_a: null, flag_b: null });
    expect(await many.publish(site.open(), fewer)).toMatchObject({ status: "published" });
    expect(await findWrong(site, many, fewer)).toEqual([]);
  });

  test("does not change other objects, also those of another site below", async () => {
    const site = newSite();
    const theirs = new Map(
      [
        "index.html",
        "assets/app.js",
        "v1/feature-flags/README.md",
        "v1/other",
        "errors/500.json",
        "other/manifest.json",
        "other/v1/feature-flags/data_export.json",
        "staging/index.html",
        "production/v1/feature-flags/data_export.json",
        ".well-known/security.txt",
      ].map((name) => [name, `theirs: ${name}`]),
    );
    for (const [name, body] of theirs) site.theirs(name, body);
    await history.publish(site.open(), one);
    await history.publish(site.open(), two);
    expect(site.stillTheirs()).toEqual(theirs);
    expect(await findWrong(site, history, two)).toEqual([]);
    expect(await history.publish(site.open(), two)).toMatchObject({ status: "unchanged" });
  });

  describe("repairs", () => {
    const path = `${list}meal_planning`;
    const mends = async (site: OpenSite, commit = one): Promise<string[]> => {
      expect(await findWrong(site, history, commit)).not.toEqual([]);
      const target = new WatchedTarget(site.open());
      expect(await history.publish(target, commit)).toMatchObject({ status: "published" });
      expect(await findWrong(site, history, commit)).toEqual([]);
      expect(await history.publish(site.open(), commit)).toMatchObject({ status: "unchanged" });
      return target.changes;
    };

    let site: OpenSite;
    beforeEach(async () => {
      site = newSite();
      await history.publish(site.open(), one);
    });

    test("a body that was changed by hand", async () => {
      site.change(path, '{"name":"meal_planning","enabled":false}');
      expect(await mends(site)).toEqual([`put ${path}`, `put ${manifest}`]);
    });

    test("an object that was removed by hand", async () => {
      site.change(path, undefined);
      expect(await mends(site)).toEqual([`put ${path}`, `put ${manifest}`]);
    });

    test("a list that was changed by hand, of any size", async () => {
      const body = site.bodies().get(list) ?? "";
      const turned = body.replaceAll(/true|false/g, (state) => `${state === "false"}`);
      site.change(list, turned);
      expect(await mends(site)).toEqual([`put ${list}`, `put ${manifest}`]);
    });

    test("a list that is not JSON any more", async () => {
      site.change(list, "<html>");
      await mends(site);
    });

    test("an object of a killed publisher", async () => {
      site.change(`${list}left_over`, "{}");
      expect(await mends(site)).toEqual([`remove ${list}left_over`, `put ${manifest}`]);
    });

    test("everything at once, while it publishes the next commit", async () => {
      site.change(path, "changed");
      site.change(`/staging${path}`, undefined);
      site.change(`/staging${list}left_over`, "{}");
      site.change("/errors/404.json", "Not found");
      await mends(site, two);
    });

    test("a manifest that was removed by hand", async () => {
      site.change(manifest, undefined);
      await mends(site);
    });

    test.each([
      "",
      "{",
      "null",
      '"text"',
      '{"format":1,"responses":[]}',
      '{"format":1,"responses":{}}',
      '{"format":1,"commit":1,"responses":[]}',
      '{"format":1,"commit":"--all","responses":[null]}',
    ])("a manifest that was changed to %j", async (body) => {
      site.change(manifest, body);
      await mends(site);
    });

    test("objects that differ from the manifest, if all objects are listed", async () => {
      site.change(path, "changed");
      const trusting = await history.publish(site.open(), one, { thorough: false });
      expect(trusting.status).toBe("unchanged");
      await mends(site);
    });
  });

  test("does not overwrite a newer program's manifest.json without --allow", async () => {
    const site = newSite();
    await history.publish(site.open(), zero);
    site.change(manifest, (site.bodies().get(manifest) ?? "").replace(/"format":1/, '"format":2'));
    const bodies = site.bodies();
    const refusal = await history.publish(site.open(), one);
    expect(refusal.status).toBe("refused");
    expect(refusal.refusals.join()).toContain("format 2, which a newer program wrote");
    expect(site.bodies()).toEqual(bodies);
    await history.publish(site.open(), one, { allow: "it is gone for good" });
    expect(await findWrong(site, history, one)).toEqual([]);
  });

  test("does not overwrite another program's manifest.json without --allow", async () => {
    const site = newSite();
    const app = '{"name":"Meal planner","icons":[]}';
    site.change(manifest, app);
    const refusal = await history.publish(site.open(), zero);
    expect(refusal.status).toBe("refused");
    expect([...site.bodies()]).toEqual([[manifest, app]]);
    await history.publish(site.open(), zero, { allow: "nobody needs it" });
    expect(await findWrong(site, history, zero)).toEqual([]);
  });

  test("does not remove objects of others that a forged manifest lists", async () => {
    const site = newSite();
    await history.publish(site.open(), zero);
    site.theirs("index.html", "theirs");
    const release = await history.release(zero);
    const claims = ["/index.html", "/../outside.json", "/other/v1/feature-flags/../../../x"];
    const responses = [...release.responses, ...claims.map((path) => respond(path, "theirs"))];
    site.change(manifest, formatManifest({ ...release, responses }));
    for (const thorough of [false, true]) {
      const target = new WatchedTarget(site.open());
      await history.publish(target, one, { thorough });
      expect(target.changes.filter((change) => change.startsWith("remove"))).toEqual([]);
    }
    expect(site.stillTheirs()).toEqual(new Map([["index.html", "theirs"]]));
    expect(await findWrong(site, history, one)).toEqual([]);
  });

  test("removes the objects of a removed environment", async () => {
    const site = newSite();
    await history.publish(site.open(), zero);
    const release = await history.release(zero);
    const left = respond(`/retired${list}meal_planning`, "{}");
    site.change(left.path, left.body);
    site.change(manifest, formatManifest({ ...release, responses: [...release.responses, left] }));
    const target = new WatchedTarget(site.open());
    await history.publish(target, zero);
    expect(target.changes).toContain(`remove ${left.path}`);
    expect(await findWrong(site, history, zero)).toEqual([]);
  });

  describe("with --verify", () => {
    test("repairs objects that changed while it published, and counts them", async () => {
      const site = newSite();
      await history.publish(site.open(), zero);
      const target = new WatchedTarget(site.open());
      site.change(`${list}food_search`, "changed");
      const outcome = await history.publish(target, zero, { thorough: false, verify: true });
      expect(outcome).toMatchObject({ status: "published", repaired: 1 });
      expect(target.changes).toEqual([`put ${list}food_search`]);
      expect(await findWrong(site, history, zero)).toEqual([]);
    });

    test("repairs nothing if all objects are correct", async () => {
      const site = newSite();
      const outcome = await history.publish(site.open(), zero, { verify: true });
      expect(outcome).toMatchObject({ status: "published", repaired: 0 });
      const again = await history.publish(site.open(), zero, { verify: true });
      expect(again).toMatchObject({ status: "unchanged", repaired: 0 });
    });
  });

  test("keeps a flag's text as it is in every environment", async () => {
    const site = newSite();
    const words = new History();
    const description = "Zähle Schritte 🚩 <b>&amp;</b>";
    const commit = words.commit({
      step_count: `${flag(true, description)}environments:\n  staging:\n    enabled: true\n`,
    });
    await words.publish(site.open(), commit);
    const body = JSON.parse(site.bodies().get(`/staging${list}step_count`) ?? "");
    expect(body).toMatchObject({ enabled: true, description });
    expect(words.made.git("show", `HEAD:${fileOfFlag("step_count")}`)).toContain(description);
  });
});

describe("publish() to S3 repairs", () => {
  test.each([
    ["a Cache-Control", { cacheControl: "no-store" }],
    ["a Content-Type", { contentType: "text/html" }],
    ["metadata", { metadata: { commit: "--all", sha256: "0" } }],
    ["no metadata at all", { metadata: {} }],
  ])("%s that was changed by hand, body and ETag as they were", async (_what, headers) => {
    const site = new S3Site(double);
    await history.publish(site.open(), one);
    const path = `${list}meal_planning`;
    const { metadata } = site.headers().get(path) ?? {};
    site.change(path, site.bodies().get(path), { ...(metadata && { metadata }), ...headers });
    expect(await findWrong(site, history, one)).not.toEqual([]);
    const sent = site.changes().length;
    await history.publish(site.open(), one);
    expect(site.changes().slice(sent)).toEqual([`PUT ${path}`, `PUT ${manifest}`]);
    expect(await findWrong(site, history, one)).toEqual([]);
  });

  test("every header with --verify, also if the manifest is trusted", async () => {
    const site = new S3Site(double);
    await history.publish(site.open(), one, { cacheControl: "public, max-age=1" });
    const outcome = await history.publish(site.open(), one, { thorough: false, verify: true });
    expect(outcome).toMatchObject({ status: "published", repaired: 3 * 6 });
    const wrong = await findWrong(site, history, one);
    expect(wrong).toEqual([`headers of ${manifest}`]);
  });
});

/** `flag_a`, `flag_b` and so on. */
function flags(count: number, enabled: boolean): Record<string, boolean> {
  const names = Array.from({ length: count }, (_, at) => `flag_${"abcdefghij"[at]}`);
  return Object.fromEntries(names.map((name) => [name, enabled]));
}
