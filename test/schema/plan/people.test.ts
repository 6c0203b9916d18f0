/** The number of people that a change affects, in a plan. */
import { describe, expect, test } from "vitest";
import { type FlagFile, normalize } from "../../../schema/flag/flag.ts";
import { linkFlags } from "../../../schema/flag/link.ts";
import type { Snapshot, TimedFlag } from "../../../schema/flag/snapshot.ts";
import { parsePlan } from "../../../schema/github/artifact.ts";
import { plan } from "../../../schema/plan/plan.ts";
import { formatPlan } from "../../../schema/plan-text/format.ts";
import { truncatePlan } from "../../../schema/plan-text/truncate.ts";
import { findWarnings } from "../../../schema/plan-text/warnings.ts";
import { normalizeProject } from "../../../schema/project/project.ts";

const at = "2026-01-01T00:00:00Z";
const ids = 20_000;
const project = normalizeProject(
  { environments: ["live"], attributes: { clinic: "string", country: "string" } },
  "",
);

type Files = Readonly<Record<string, FlagFile>>;

function snapshotOf(files: Files): Snapshot {
  const flags = Object.entries(files).map(([name, file]): TimedFlag => {
    const facts = { file: `flags/a/${name}.yaml`, object: "1", created_at: at, updated_at: at };
    return { ...normalize(name, file, project), ...facts };
  });
  const commit = "1".repeat(40);
  const linked = linkFlags(flags, []);
  return { commit, committed_at: at, updated_at: at, flags: linked, audiences: [], project };
}

function planOf(before: Files, after: Files) {
  const change = plan(snapshotOf(before), snapshotOf(after), { ids });
  // The comment is made from a plan that was written to an artifact and read again.
  expect(parsePlan(JSON.stringify(truncatePlan(change))).flags).toEqual(change.flags);
  return change;
}

function effectOf(before: FlagFile, after: FlagFile) {
  const change = planOf({ cart: before }, { cart: after });
  const [line = ""] = formatPlan(change).match(/^ {2}~ cart.*$/m) ?? [];
  const people = change.flags[0]?.decisions.live?.people;
  return { people, line, warnings: findWarnings(change, "2026-01-01") };
}

const tenth: FlagFile = { enabled: true, rollout: 10 };
const fifth: FlagFile = { enabled: true, rollout: 20 };
const variants = { a: "1", b: "2" };
const simulated = `(simulated over 20,000 ids)`;

describe("plan()", () => {
  test("has exact numbers for another rollout, and warns only if it is lower", () => {
    const grows = effectOf(tenth, { enabled: true, rollout: 30.5 });
    expect(grows.people).toEqual({ gain: 20.5, lose: 0, move: 0, ids: 0 });
    expect(grows.line).toBe("  ~ cart: 10 % → 30.5 %: 20.5 % more get it, nobody loses it");
    expect(grows.warnings).toEqual([]);
    const shrinks = effectOf(fifth, tenth);
    expect(shrinks.people).toEqual({ gain: 0, lose: 10, move: 0, ids: 0 });
    expect(shrinks.warnings).toEqual(["`cart` lowers its rollout in live: 10 % lose it"]);
  });

  test("simulates no flag that requires very many others, which would take minutes", () => {
    const parents = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, at) => [`parent${at}`, fifth]));
    const change = (count: number) => {
      const requires = Object.keys(parents(count));
      const files = (seed: string): Files => {
        return { ...parents(count), cart: { ...fifth, requires, seed } };
      };
      const { flags } = planOf(files("one"), files("two"));
      return flags.map(({ name, decisions }) => [name, decisions.live?.people]);
    };
    expect(change(2)).toEqual([["cart", expect.objectContaining({ ids })]]);
    expect(change(30)).toEqual([["cart", undefined]]);
  });

  test("does not state that nobody loses it if a rule changes as well", () => {
    const rules = [{ name: "danes", if: { country: "DK" }, rollout: 60 }];
    const lower = [{ name: "danes", if: { country: "DK" }, rollout: 40 }];
    const { line } = effectOf({ ...tenth, rules }, { ...fifth, rules: lower });
    expect(line).toBe(
      '  ~ cart: 10 %, 1 rule → 20 %, 1 rule: 10 % more get it, rule "danes" gives 40 % instead of 60 %: 20 % of those who match lose it',
    );
  });

  test.each<[string, FlagFile, FlagFile]>([
    ["seed", fifth, { ...fifth, seed: "other" }],
    ["bucket", { ...fifth, seed: "one" }, { ...fifth, seed: "two", bucket: "clinic" }],
  ])("simulates a changed %s: a share of the enrolled people loses it to others", (_, was, is) => {
    const { people, line, warnings } = effectOf(was, is);
    // 20 % of them keep it by chance.
    expect(people?.lose).toBeGreaterThan(15);
    expect(people?.lose).toBeLessThan(17);
    expect(people?.gain).toBeGreaterThan(15);
    expect(people?.gain).toBeLessThan(17);
    const effect = `${people?.lose} % lose it, ${people?.gain} % get it instead ${simulated}`;
    expect(line).toContain(`other people are inside the rollout, ${effect}`);
    expect(warnings).toEqual([`\`cart\` moves people in live: ${effect}`]);
  });

  test("simulates another split and another order of variants", () => {
    const split = effectOf(
      { ...tenth, rollout: 100, variants },
      { ...tenth, rollout: 100, variants, split: { a: 3, b: 1 } },
    );
    expect(split.people?.move).toBeGreaterThan(24);
    expect(split.people?.move).toBeLessThan(26);
    expect(split.warnings[0]).toContain("% get another value (simulated");
    const order = effectOf({ ...tenth, variants }, { ...tenth, variants: { b: "2", a: "1" } });
    // Everybody outside gets another first variant, and so does everybody inside.
    expect(order.people).toEqual({ gain: 0, lose: 0, move: 100, ids });
  });

  test("recognizes a renamed flag, which gets other people unless it keeps its seed", () => {
    const change = planOf({ cart: fifth }, { basket: fifth });
    const basket = change.flags.find(({ name }) => name === "basket");
    expect(basket?.renamedFrom).toBe("cart");
    expect(formatPlan(change)).toMatch(/\+ basket: 20 %: was cart, 1\d(\.\d)? % lose it, /);
    expect(findWarnings(change, "").join("\n")).toMatch(
      /^`basket` seems to be `cart` under a new name, for other people in live: .*; `seed: cart` in its file keeps them$/m,
    );
    const kept = planOf({ cart: fifth }, { basket: { ...fifth, seed: "cart" } });
    expect(findWarnings(kept, "").join("\n")).not.toContain("under a new name");
    const plain = planOf({ cart: { enabled: true } }, { basket: { enabled: true } });
    expect(findWarnings(plain, "").join("\n")).not.toContain("under a new name");
  });

  test("simulates a change of a required flag for the flags that require it", () => {
    const requires = ["pay"];
    const change = planOf(
      { pay: { enabled: true }, cart: { enabled: true, rollout: 50, requires } },
      { pay: { enabled: true, rollout: 40 }, cart: { enabled: true, rollout: 50, requires } },
    );
    const cart = change.flags.find(({ name }) => name === "cart");
    // 60 % of the half that has it before the change.
    expect(cart?.decisions.live?.people?.lose).toBeGreaterThan(28);
    expect(cart?.decisions.live?.people?.lose).toBeLessThan(32);
    expect(formatPlan(change)).toContain(
      "~ cart: 50 %, requires pay → 50 %, requires pay: required pay changes, ",
    );
    expect(formatPlan(change)).toContain(
      "1 flag turns off in live, 1 flag changes who gets it in live",
    );
  });

  test("has no numbers for changes of rules, switches and texts", () => {
    const rules = [{ name: "danes", if: { country: "DK" }, enabled: true }];
    expect(effectOf(tenth, { ...tenth, rules }).people).toBeUndefined();
    expect(effectOf(tenth, { enabled: false }).people).toBeUndefined();
    expect(
      effectOf({ enabled: true, seed: "a" }, { enabled: true, seed: "b" }).people,
    ).toBeUndefined();
  });
});
