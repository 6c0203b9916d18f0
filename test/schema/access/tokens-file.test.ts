import { expect, test } from "vitest";
import type { TokenEntry } from "../../../schema/access/tokens.ts";
import { addToken, parseTokens } from "../../../schema/access/tokens-file.ts";

const entry: TokenEntry = {
  id: "ada",
  name: "Ada",
  email: "ada@example.com",
  role: "editor",
  sha256: "0".repeat(64),
};
const other = { ...entry, id: "bob", sha256: "1".repeat(64) };
const text = (...entries: object[]) => JSON.stringify(entries);

test("parseTokens() reads entries with every key", () => {
  const whole = {
    ...entry,
    flags: ["billing_*"],
    environments: ["staging"],
    github: "ada-l",
    expires: "2030-01-31",
  };
  expect(parseTokens(text(whole, other), "t.json")).toEqual([whole, other]);
  expect(parseTokens("[]", "t.json")).toEqual([]);
});

test.each([
  [{ ...entry, flag: ["a"] }, 'it has the unknown key "flag"; did you mean "flags"?'],
  [{ ...entry, environment: ["a"] }, 'did you mean "environments"?'],
  [{ ...entry, expire: "2030-01-31" }, 'did you mean "expires"?'],
  [{ ...entry, issuer: "https://issuer.example" }, 'unknown key "issuer"'],
  [{ ...entry, comment: 1 }, "known are id, name, email, role, sha256"],
  [{ ...entry, id: undefined }, '"id" is missing'],
  [{ ...entry, id: "a b" }, '"id" must be text of 1 to 100 characters without spaces and #'],
  [{ ...entry, id: "https://issuer.example#ada" }, '"id" must be text'],
  [{ ...entry, name: "" }, '"name" must be text'],
  [{ ...entry, name: "Ada a@b.example" }, '"name" must not contain an e-mail address: git keeps'],
  [{ ...entry, name: "4111 1111 1111 1111" }, '"name" must not contain a card number'],
  [{ ...entry, name: `bnt_${"x".repeat(32)}` }, '"name" must not contain a Bunting API token'],
  [{ ...entry, id: "a@b.example" }, '"id" must not contain an e-mail address'],
  [{ ...entry, id: `ghp_${"x".repeat(36)}` }, '"id" must not contain a GitHub token'],
  [{ ...entry, email: `npm_${"x".repeat(36)}@b.example` }, '"email" must not contain an npm token'],
  [{ ...entry, role: "root" }, '"role" must be one of reader, editor, admin'],
  [{ ...entry, sha256: "0".repeat(63) }, '"sha256" must be 64'],
  [{ ...entry, flags: "a" }, '"flags" must be a list of texts'],
  [{ ...entry, environments: [1] }, '"environments" must be a list of texts'],
  [{ ...entry, github: "-a" }, '"github" must be a login on GitHub'],
  [{ ...entry, expires: "2030-02-30" }, '"expires" must be a day'],
  [{ ...other, id: "ada" }, 'another entry has the same "id"'],
  [{ ...entry, id: "bob" }, 'another entry has the same "sha256"'],
  [[], "it must be an object"],
  ["ada", "it must be an object"],
])("parseTokens() refuses %j after a valid entry", (bad, message) => {
  expect(() => parseTokens(text(entry, bad as object), "t.json")).toThrow(
    `Cannot read token 2 of "t.json": `,
  );
  expect(() => parseTokens(text(entry, bad as object), "t.json")).toThrow(message);
});

test("parseTokens() refuses a duplicate key", () => {
  const twice = text(entry).replace("{", '{"role":"reader",');
  expect(() => parseTokens(twice, "t.json")).toThrow('has the key "role" twice');
});

test("parseTokens() gives the position of invalid JSON, and repeats none of its text", () => {
  const broken = `[\n  ${JSON.stringify(entry)},\n]`;
  expect(() => parseTokens(broken, "t.json")).toThrow(
    /^Cannot read "t\.json": it is not valid JSON at \d+:\d+$/,
  );
});

test.each(["[]", "[ ]\n", `[\n  ${JSON.stringify(entry)}\n]\n`, text(entry)])(
  "addToken() keeps the text %j",
  (before) => {
    const after = addToken(before, other);
    expect(parseTokens(after, "t.json")).toEqual([...parseTokens(before, "t.json"), other]);
    expect(after.startsWith(before.slice(0, before.lastIndexOf("]")).trimEnd())).toBe(true);
  },
);
