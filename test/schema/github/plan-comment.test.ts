/**
 * The expected comments are in `test/fixtures/comments/`. After a change of texts, check the difference,
 * then run:
 *
 *     BLESS=1 npx vitest run test/schema/github/plan-comment.test.ts
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { normalize } from "../../../schema/flag/flag.ts";
import type { Snapshot, TimedFlag } from "../../../schema/flag/snapshot.ts";
import { maxArtifactBytes, parsePlan, parseProblems } from "../../../schema/github/artifact.ts";
import { block, fitLines, inline, sizeOf } from "../../../schema/github/markdown.ts";
import { formatPlanComment, planMarker, type Review } from "../../../schema/github/plan-comment.ts";
import { checkCommits } from "../../../schema/plan/commit-warnings.ts";
import { type Plan, plan } from "../../../schema/plan/plan.ts";
import { maxExcerptLength, truncatePlan } from "../../../schema/plan-text/truncate.ts";
import type { Problem } from "../../../schema/problem/problem.ts";
import { defaultProject } from "../../../schema/project/project.ts";
import { cut } from "../../../schema/text/show.ts";
import { expectGolden } from "../golden.ts";
import { decisionsOf } from "../snapshots.ts";

const [early, late] = ["2024-08-31T12:00:00Z", "2024-09-01T12:00:00Z"];
const about = { number: 12, head: "a".repeat(40), today: "2026-11-26" };
const run = { url: "https://github.com/mealtrack/flags/actions/runs/1", failed: false };

type FlagValues = Partial<Omit<TimedFlag, "decisions">> & { enabled?: string };

/** `enabled` names the environments in which it is on by their first letters. */
function flag(name: string, { enabled = "", ...changes }: FlagValues = {}): TimedFlag {
  const owner = changes.owner ?? "nutrition";
  const states = Object.fromEntries(
    ["application", "staging", "development"].map((one) => [one, enabled.includes(one.charAt(0))]),
  );
  const file = `flags/${owner || "shared"}/${name}.yaml`;
  const written = {
    ...normalize(name, { enabled: false, description: "Plan meals" }, defaultProject),
    owner,
  };
  const times = { file, object: "1", created_at: early, updated_at: early };
  return { ...written, ...times, ...changes, decisions: decisionsOf(states) };
}

function snapshot(flags: readonly TimedFlag[], protects: string[] = []): Snapshot {
  const project = { ...defaultProject, protected: protects, object: protects.join() };
  return {
    commit: "c".repeat(40),
    committed_at: late,
    updated_at: late,
    flags,
    audiences: [],
    project,
  };
}

/** The plan after it was written to the artifact and read again. */
function throughArtifact(before: Snapshot, after: Snapshot): Plan {
  return parsePlan(JSON.stringify(truncatePlan(plan(before, after))));
}

function problem(changes: Partial<Problem>): Problem {
  return {
    ...{ file: "flags/nutrition/meal_planning.yaml", line: 3, column: 10 },
    ...{ code: "wrong-type", severity: "error", message: "Cannot read it" },
    ...changes,
  };
}

function problems(...all: Partial<Problem>[]) {
  return parseProblems(JSON.stringify({ flags: 26, problems: all.map(problem) }));
}

const hostile = [
  "@everyone please look, ![x](http://evil.example/pixel.png) <img src=x onerror=alert(1)>",
  "</details><script>alert(1)</script> `code` ``` fence ```` | cell | [link](javascript:alert(1))",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: so do GitHub's expressions look
  "<!-- bunting:plan --> # heading\n\n- list\n::error::forged ##[error] ${{ secrets.TOKEN }} #1 a@b.example",
  "\u202Ereversed\u0000\u001b[2J zero\u200Bwidth \\| \\` & &lt; https://evil.example www.evil.example",
].join("\n");

const others = Array.from({ length: 20 }, (_, index) => flag(`other_${index}`));

const golden: Record<string, Review> = {
  "one-flag.md": {
    ...about,
    run,
    plan: throughArtifact(
      snapshot([...others, flag("recipe_import", { enabled: "d" })]),
      snapshot([...others, flag("recipe_import", { enabled: "asd", updated_at: late })]),
    ),
    problems: problems(),
  },
  "nothing.md": { ...about, run, plan: throughArtifact(snapshot(others), snapshot(others)) },
  "every-warning.md": {
    ...about,
    run: { ...run, failed: true },
    plan: throughArtifact(
      snapshot(
        [
          ...others.slice(0, 12),
          flag("everywhere"),
          flag("gone", { enabled: "as", owner: "" }),
          flag("old_one", { expires: "2026-11-26" }),
          flag("payments_off", { type: "kill_switch", owner: "billing" }),
          flag("production_first"),
          flag("reworded"),
        ],
        ["application"],
      ),
      snapshot(
        [
          ...others.slice(0, 12),
          flag("everywhere", { enabled: "asd" }),
          flag("fresh", { enabled: "d", owner: "growth" }),
          flag("fresh_everywhere", { enabled: "asd", owner: "growth" }),
          flag("old_one", { expires: "2026-11-26", enabled: "sd" }),
          flag("payments_off", { type: "kill_switch", owner: "billing", enabled: "as" }),
          flag("production_first", { enabled: "a" }),
          flag("reworded", { description: "Plan meals better", updated_at: late }),
        ],
        ["staging"],
      ),
    ),
    problems: problems({
      severity: "warning",
      code: "missing-description",
      file: "flags/growth/fresh.yaml",
      message: "Has no description",
      hint: "say what turns on",
    }),
  },
  "many-at-once.md": {
    ...about,
    run,
    plan: throughArtifact(
      snapshot(others.slice(0, 10)),
      snapshot(others.slice(0, 6).map(({ name }) => flag(name, { enabled: "a" }))),
    ),
  },
  "problems.md": {
    ...about,
    run,
    problems: problems(
      { message: 'Cannot read "enabled" as "yes": it must be true or false', hint: "write true" },
      {
        code: "personal-data",
        file: "flags/growth/Team `Growth`/@everyone.yaml",
        line: 2,
        message: "Holds an e-mail address",
      },
      { code: "credential", file: "flags/growth/keys.yaml", message: "Holds a GitHub token" },
      { severity: "warning", message: "Is not said: its file is not in the plan" },
    ),
  },
  "hostile.md": {
    ...about,
    run,
    plan: throughArtifact(
      snapshot([flag("recipe_import", { description: hostile.slice(0, 400) })]),
      snapshot([flag("recipe_import", { description: hostile.slice(-400), updated_at: late })]),
    ),
    problems: problems({
      file: `flags/${hostile}`,
      message: hostile,
      hint: `${hostile}${"`".repeat(40)}`,
    }),
  },
  "unreadable.md": { ...about },
};

describe("formatPlanComment()", () => {
  test.each(Object.entries(golden))("says what stands in comments/%s", (file, review) => {
    expectGolden(formatPlanComment(review), `comments/${file}`);
  });

  test("says in its first line who gets a flag that is not on for everyone", () => {
    const staff = {
      name: "our own staff",
      if: [["audience", "is", "staff"]],
      rollout: 100,
    } as const;
    const decisions = {
      application: { enabled: true, rollout: 0, rules: [staff] },
      staging: { enabled: true },
      development: { enabled: false },
    };
    const after = snapshot([{ ...flag("recipe_import"), decisions }]);
    const first = (before: Snapshot) =>
      formatPlanComment({ ...about, plan: throughArtifact(before, after) }).split("\n")[2];
    expect(first(snapshot([flag("recipe_import")]))).toMatch(
      /^\*\*`recipe_import` turns on in staging; application: off → 0 %, 1 rule\.\*\*/,
    );
    expect(first(snapshot([]))).toMatch(
      /^\*\*`recipe_import` is added, on in staging and off in development; application: 0 %, 1 rule\.\*\*/,
    );
    expect(first(snapshot([flag("recipe_import", { enabled: "as" })]))).toMatch(
      /^\*\*`recipe_import`: application: on → 0 %, 1 rule \(/,
    );
  });

  test("shows untrusted text only as code", () => {
    const comment = formatPlanComment(golden["hostile.md"] as Review);
    const prose = withoutCode(comment);
    for (const text of [
      "@everyone",
      "<img",
      "<script",
      "evil.example",
      "<!--",
      "::error",
      "reversed",
    ]) {
      expect(comment.slice(planMarker.length)).toContain(text === "::error" ? "error" : text);
      expect(prose.slice(planMarker.length)).not.toContain(text);
    }
    expect(prose.match(/<\/?details>/g)).toEqual(["<details>", "</details>"]);
    expect(comment).not.toMatch(/[^\P{Cf}]|[^\P{Cc}\n]/u);
  });

  test("is within GitHub's limit for any plan, and links the rest", () => {
    const names = Array.from(
      { length: 2_000 },
      (_, index) => `improvement_${index}_${"x".repeat(30)}`,
    );
    const wide = "\u{1F96A}".repeat(480);
    const before = names.map((name) => flag(name, { description: wide, owner: "" }));
    const after = names.map((name, index) =>
      flag(name, {
        description: wide,
        owner: `owner_${index}`,
        enabled: "asd",
        expires: "2020-01-01",
      }),
    );
    const many = names.map((name) => ({ file: `flags/${name}.yaml`, message: wide }));
    const review = {
      ...about,
      plan: throughArtifact(snapshot(before), snapshot(after)),
      problems: problems(...many),
    };
    for (const comment of [formatPlanComment(review), formatPlanComment({ ...review, run })]) {
      expect(sizeOf(comment)).toBeLessThan(65_536);
      expect(sizeOf(comment)).toBeGreaterThan(60_000);
      expect(comment).toMatch(
        /_\d{4} more flags: (\[the run\]\(.*\)|`npm run plan`) has them all_/,
      );
      for (const what of ["warnings", "lines", "owners", "URLs"]) {
        expect(comment).toMatch(new RegExp(`_\\d{4} more ${what}: `));
      }
      expect(comment).toContain("### To roll back");
      expect(withoutCode(comment)).toContain("</details>");
      expect(comment).not.toContain("\uFFFD");
    }
  });
});

/** The parts that Markdown interprets: everything outside of fences and code spans. */
function withoutCode(markdown: string): string {
  return markdown
    .replace(/^(`{3,})\w*\n[\s\S]*?\n\1$/gm, "")
    .replace(/(?<!`)(`+)(?!`)[^\n]*?(?<!`)\1(?!`)/g, "");
}

describe("inline() and block()", () => {
  test.each(["a", "`", "``", " ` ", "a``b`c```", "`a`", " ", "", "a\nb", "\\`", "|"])(
    "keep %j complete",
    (text) => {
      const span = inline(text);
      const fence = /^`+/.exec(span)?.[0] ?? "";
      expect(withoutCode(span)).toBe(text.trim() === "" ? "(nothing)" : "");
      if (fence !== "") expect(span.slice(fence.length, -fence.length)).not.toContain(fence);
    },
  );

  test("contain any text", () => {
    const text = fc.string({
      unit: fc.constantFrom("`", "``", "a", "\n", "~~~", "</details>", "|", " "),
    });
    const check = (inner: string) => {
      expect(withoutCode(`x ${inline(inner)} y`)).toMatch(/^x (\(nothing\))? y$/);
      expect(withoutCode(block(inner.split("\n")))).toBe("");
    };
    fc.assert(fc.property(text, check), { numRuns: 500 });
  });

  test("cut() does not split a character", () => {
    expect(cut("a\u{1F96A}b", 3)).toBe("a…");
    expect(cut("abc", 3)).toBe("abc");
    expect(cut("abcd", 3)).toBe("ab…");
  });

  test("fitLines() never exceeds the maximum length", () => {
    const lines = fc.array(fc.string({ maxLength: 30 }), { minLength: 1 });
    const check = (all: string[], room: number) => {
      const shown = fitLines(all, room, (left) => `${left} more`);
      expect(sizeOf(shown.join("\n"))).toBeLessThanOrEqual(room);
      if (shown.length < all.length || shown.at(-1) !== all.at(-1)) {
        expect(shown.at(-1)).toBe(`${all.length - shown.length + 1} more`);
      }
    };
    fc.assert(fc.property(lines, fc.integer({ min: 10, max: 400 }), check));
  });
});

describe("truncatePlan()", () => {
  test("shows the difference of long bodies, and parsePlan() accepts it", () => {
    const names = Array.from(
      { length: 1_000 },
      (_, index) => `improvement_${String(index).padStart(4, "0")}`,
    );
    const flags = names.map((name) => flag(name));
    const turned = flags.map((one) =>
      one.name === "improvement_0500" ? flag(one.name, { enabled: "asd" }) : one,
    );
    const { responses } = throughArtifact(snapshot(flags), snapshot(turned));
    const list = responses.find(({ path }) => path === "/v1/feature-flags/");
    expect(list?.before).toContain('"improvement_0500":false');
    expect(list?.after).toContain('"improvement_0500":true');
    expect(list?.after).toMatch(/^….*…$/);
    expect(list?.after?.length).toBeLessThanOrEqual(maxExcerptLength);
  });

  test("of a change of 10,000 flags stays below the limit", () => {
    const flags = Array.from({ length: 10_000 }, (_, index) => flag(`improvement_${index}`));
    const turned = flags.map(({ name }) => flag(name, { enabled: "asd", updated_at: late }));
    const text = JSON.stringify(truncatePlan(plan(snapshot(flags), snapshot(turned))), null, 2);
    expect(text.length).toBeLessThan(maxArtifactBytes);
    expect(parsePlan(text).flags.length).toBe(10_000);
  });
});

describe("parsePlan() and parseProblems()", () => {
  const good = plan(snapshot([flag("a_flag")]), snapshot([flag("a_flag", { enabled: "a" })]));
  const [first] = good.flags;
  const [response] = good.responses;
  const oddCommit = checkCommits([{ commit: "a".repeat(40), time: -1, isPullMerge: false }], 1)[0];

  test.each([
    ["no JSON", "{"],
    ["null", "null"],
    ["a list", "[]"],
    ["nested lists", `${"[".repeat(50_000)}${"]".repeat(50_000)}`],
    ["another key", JSON.stringify({ ...good, more: 1 })],
    ["__proto__", JSON.stringify(good).replace("{", '{"__proto__":{"polluted":1},')],
    ["a missing key", JSON.stringify({ ...good, flags: undefined })],
    ["a name with Markdown", JSON.stringify({ ...good, flags: [{ ...first, name: "`a` | @b" }] })],
    ["an owner with a mention", JSON.stringify({ ...good, flags: [{ ...first, owner: "@all" }] })],
    ["a file elsewhere", JSON.stringify({ ...good, flags: [{ ...first, file: "../a.yaml" }] })],
    ["an unknown type", JSON.stringify({ ...good, flags: [{ ...first, type: "other" }] })],
    [
      "a day with more",
      JSON.stringify({ ...good, flags: [{ ...first, expires: "2026-01-01\n" }] }),
    ],
    [
      "a state of text",
      JSON.stringify({ ...good, flags: [{ ...first, states: { staging: { after: "on" } } }] }),
    ],
    [
      "an environment of HTML",
      JSON.stringify({ ...good, flags: [{ ...first, states: { "<b>": {} } }] }),
    ],
    [
      "a body of 60,000 characters",
      JSON.stringify({ ...good, responses: [{ ...response, after: "x".repeat(60_000) }] }),
    ],
    [
      "a path with a back-tick",
      JSON.stringify({ ...good, responses: [{ ...response, path: "/v1/feature-flags/`" }] }),
    ],
    [
      "a warning with a link",
      JSON.stringify({ ...good, commitWarnings: [{ ...oddCommit, message: "See https://a.b" }] }),
    ],
    [
      "a warning with HTML",
      JSON.stringify({ ...good, commitWarnings: [{ ...oddCommit, hint: "<b>" }] }),
    ],
    ["a commit that is an option", JSON.stringify({ ...good, base: "--upload-pack=x" })],
  ])("refuse %s", (_what, text) => {
    expect(() => parsePlan(text)).toThrow(/^Cannot accept a plan: [^\n]{1,200}$/);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test.each([
    ["a message of 60,000 characters", { message: "x".repeat(60_000) }],
    ["a code with HTML", { code: "<b>" as "tag" }],
    ["another severity", { severity: "note" as "error" }],
    ["a line before the first", { line: 0 }],
  ])("refuse %s", (_what, wrong) => {
    expect(() => problems(wrong)).toThrow(/^Cannot accept problems: /);
  });

  test("accept the output of plan and validate", () => {
    expect(parsePlan(JSON.stringify(good))).toEqual(good);
    const facts = [-1, Number.NaN, 2_000_000_000].map((time) => ({
      ...{ commit: "a".repeat(40), time, isPullMerge: true },
    }));
    const odd = { ...good, commitWarnings: checkCommits(facts, 1_725_105_600) };
    expect(parsePlan(JSON.stringify(odd))).toEqual(odd);
  });
});
