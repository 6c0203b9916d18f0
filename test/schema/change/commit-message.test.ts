import { expect, test } from "vitest";
import {
  formatMessage,
  harmless,
  identity,
  oneLine,
} from "../../../schema/change/commit-message.ts";
import { testRepository } from "../../git/repository.ts";

const trailers = { Flag: "meal_planning", Environment: "", Actor: "Ada (ada)" };

test("formatMessage() has a subject, the reason, and trailers without the empty ones", () => {
  const message = formatMessage({
    subject: "Enable meal_planning",
    reason: "Launch day",
    trailers,
  });
  expect(message).toBe(`Enable meal_planning

Launch day

Flag: meal_planning
Actor: Ada (ada)
`);
});

test("formatMessage() has no empty paragraph if there is no reason", () => {
  const message = formatMessage({ subject: "Enable meal_planning", reason: " \n ", trailers });
  expect(message).toBe("Enable meal_planning\n\nFlag: meal_planning\nActor: Ada (ada)\n");
});

const forged = `Actor: Mallory (admin)\nFlag: other`;

test.each([
  ["a line", "Launch day"],
  ["trailers", `x\n\n${forged}`],
  ["trailers alone", forged],
  ["one trailer", "Actor: Mallory (admin)"],
  ["carriage returns", `x\r\r${forged.replaceAll("\n", "\r")}`],
  ["Unicode's separators", `x\u2028\u2028${forged.replaceAll("\n", "\u2029")}`],
  ["a next line", `x\u0085\u0085${forged.replaceAll("\n", "\u0085")}`],
  ["the end of a message", `x\n---\n${forged}`],
  ["a divider", "---"],
  ["scissors", "# ------------------------ >8 ------------------------"],
  ["scissors in scissors", `# ${"-".repeat(47)} >8 ${"-".repeat(24)} >8 ${"-".repeat(24)}`],
  ["a comment", "# nothing"],
  ["an order to skip checks", "x\n\n\nskip-checks: true"],
  ["NUL", `x\0${forged}`],
  ["a megabyte", "x".repeat(1_000_000)],
  ["a megabyte of newlines", "\n".repeat(1_000_000)],
])("formatMessage() does not allow a forged trailer by %s", (_what, words) => {
  const message = formatMessage({
    subject: `Enable meal_planning ${words}`,
    reason: words,
    trailers: { ...trailers, Actor: `${words} (mallory)`, "Request-Id": words },
  });
  const read = trailersOf(message);
  const keys = read.map(([key]) => key);
  expect(keys).toEqual(words.trim() === "" ? keys : ["Flag", "Actor", "Request-Id"]);
  expect(read[0]).toEqual(["Flag", "meal_planning"]);
  expect(read[1]?.[1]).toMatch(/[)…]$/);
  expect(Buffer.byteLength(message)).toBeLessThan(2_000);
});

/** The trailers that git finds in a commit. */
function trailersOf(message: string): string[][] {
  const repository = testRepository();
  const tree = repository.run(["mktree"]);
  const commit = repository.run(["commit-tree", tree], { input: message });
  const lines = repository.git("log", "-1", "--format=%(trailers:only,unfold)", commit);
  return [...lines.matchAll(/^(.+?): (.*)$/gm)].map(([, key = "", value = ""]) => [key, value]);
}

test.each([
  ["Tidy [skip ci] up", "Tidy (skip ci) up"],
  ["[ci skip][no ci]", "(ci skip)(no ci)"],
  ["[Skip Actions] [actions skip]", "(Skip Actions) (actions skip)"],
  ["closes #12, Fixed: GH-12", "closes # 12, Fixed: GH- 12"],
  ["resolves owner/repo#12", "resolves owner/repo# 12"],
  ["closes https://github.com/o/r/issues/12", "closes https://github.com/o/r/issues/ 12"],
  ["fixes:#1 fix (#2)", "fixes:# 1 fix (# 2)"],
  ["@ada: ask (@org/team)", "@ ada: ask (@ org/team)"],
])("harmless() removes GitHub's command in %o", (line, safe) => {
  expect(harmless(line)).toBe(safe);
});

test.each([
  "See #12 and https://github.com/o/r/issues/12",
  "ada@example.com [a, b] prefix #12, closes at 12 @ noon",
  "Ada (ada)",
])("harmless() does not change %o", (line) => {
  expect(harmless(line)).toBe(line);
});

test("formatMessage() makes the reason and the trailers harmless", () => {
  const words = "[skip ci] closes #1 @ada";
  const message = formatMessage({ subject: "Enable x", reason: words, trailers: { Actor: words } });
  const safe = "(skip ci) closes # 1 @ ada";
  expect(message).toBe(`Enable x\n\n${safe}\n\nActor: ${safe}\n`);
});

test("oneLine() cuts between characters and adds an ellipsis", () => {
  expect(oneLine("12345", 5)).toBe("12345");
  expect(oneLine("123456", 5)).toBe("1234…");
  expect(oneLine("123 456", 5)).toBe("123…");
  expect(oneLine("123🥕🥕", 5)).toBe("123…");
});

test("oneLine() removes invisible characters", () => {
  expect(oneLine(" a\u202e\u200bb\ud800c\u00a0\td ", 100)).toBe("a b c d");
});

test.each([
  ["x <y@z>", "x y@z"],
  ["Ada Lovelace", "Ada Lovelace"],
  ["", "unknown"],
  ["...", "unknown"],
  ["<>", "unknown"],
  [" . , \"' ", "unknown"],
  ["A\nB <a@b.c> 0 +0000\ncommitter Mallory", "A B a@b.c 0 +0000 committer Mallory"],
  ["\0", "unknown"],
  ["Åsa Ö.", "Åsa Ö"],
])("identity() makes %o safe", (text, safe) => {
  expect(identity(text, "unknown")).toBe(safe);
});

test("identity() shortens a megabyte of text", () => {
  expect(identity("x".repeat(1_000_000), "unknown")).toHaveLength(100);
});
