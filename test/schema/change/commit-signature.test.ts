import fc from "fast-check";
import { expect, test } from "vitest";
import { formatMessage } from "../../../schema/change/commit-message.ts";
import {
  parseCommitKeys,
  signMessage,
  unverifiedTrailer,
  verifyMessage,
} from "../../../schema/change/commit-signature.ts";

const [key, other] = ["k".repeat(32), "o".repeat(32)];
const file = { file: "flags/a/b.yaml", before: "1".repeat(40), after: "" };
const moved = { file: "flags/c/b.yaml", before: "", after: "3".repeat(40) };
const message = "Delete b\n\nFlag: b\nActor: Ada (ada)\n";

test("verifyMessage() accepts what signMessage() signed, with any of the keys", () => {
  const signed = signMessage(message, [file], [key], "0a");
  expect(signed).toMatch(
    /^Delete b\n\nFlag: b\nActor: Ada \(ada\)\nBunting-Signature: v1 0a [0-9a-f]{64}\n$/,
  );
  expect(verifyMessage(signed, [file], [other, key])?.trailers.get("Actor")).toBe("Ada (ada)");
  expect(verifyMessage(signed, [moved, file], [key])).toBeDefined();
});

test.each([
  ["another key", [file], [other]],
  ["no key", [file], []],
  ["no file", [], [key]],
  ["another file", [{ ...file, file: "flags/a/c.yaml" }], [key]],
  ["another content before", [{ ...file, before: "2".repeat(40) }], [key]],
  ["another content after", [{ ...file, after: "2".repeat(40) }], [key]],
] as const)("verifyMessage() refuses %s", (_what, files, keys) => {
  expect(verifyMessage(signMessage(message, [file], [key], "0a"), files, keys)).toBeUndefined();
});

test("verifyMessage() accepts a commit without files only if it was signed as one", () => {
  const signed = signMessage(message, [], [key], "0a");
  expect(verifyMessage(signed, [], [key])).toBeDefined();
  expect(verifyMessage(signed, [file], [key])).toBeUndefined();
});

test("verifyMessage() returns reason and trailers, for any reason", () => {
  const fake = "Bunting-Signature: v1 00 -";
  const words = fc.oneof(fc.string({ unit: "binary", maxLength: 80 }), fc.constant(fake));
  fc.assert(
    fc.property(words, words, (reason, actor) => {
      const trailers = { Flag: "b", Actor: actor, "Actor-Id": "x" };
      const text = formatMessage({ subject: "Delete b", reason, trailers });
      const verified = verifyMessage(signMessage(text, [file], [key], "0a"), [file], [key]);
      expect(verified?.trailers.get("Flag")).toBe("b");
      expect(verified?.trailers.get("Actor-Id")).toBe("x");
      if (verified?.reason !== "") expect(text).toContain(`\n\n${verified?.reason}\n\nFlag: b\n`);
    }),
  );
});

/** A message that version 1 of the program signed. */
const old = `${message}Bunting-Signature: v1 0a 24dad1390824402b0f31a9dae76f8cf47f9cee74e770cdfe6a7618a51410c22e\n`;

test("verifyMessage() accepts signatures of older versions of the program", () => {
  expect(signMessage(message, [file], [key], "0a")).toBe(old);
  expect(verifyMessage(old, [file], [key])).toBeDefined();
});

test("signMessage() covers all files of a commit, in any order, beside files of others", () => {
  const signed = signMessage(message, [file, moved], [key], "0a");
  expect(signed).toMatch(/\nBunting-Signature: v2 0a [0-9a-f]{64} [0-9a-f]{64},[0-9a-f]{64}\n$/);
  expect(signMessage(message, [moved, file], [key], "0a")).toBe(signed);
  const another = { ...moved, file: "flags/a/c.yaml" };
  const verified = verifyMessage(signed, [another, moved, file], [other, key]);
  expect(verified?.files).toEqual([moved.file, file.file]);
  expect(verified?.trailers.get("Flag")).toBe("b");
});

test.each([
  ["only the first file", [file]],
  ["only the second file", [moved]],
  ["no file", []],
  ["another content", [file, { ...moved, after: "4".repeat(40) }]],
  [
    "the contents exchanged",
    [
      { ...file, file: moved.file },
      { ...moved, file: file.file },
    ],
  ],
])("verifyMessage() refuses a signature for two files with %s", (_what, files) => {
  expect(verifyMessage(signMessage(message, [file, moved], [key], "0a"), files, [key])).toBe(
    undefined,
  );
});

test("verifyMessage() refuses a signature whose list of files was changed", () => {
  const signed = signMessage(message, [file, moved], [key], "0a");
  const [, first = "", second = ""] = / ([0-9a-f]{64}),([0-9a-f]{64})\n$/.exec(signed) ?? [];
  for (const list of [` ${first}`, ` ${second},${first}`, ` ${first},${first}`, ""]) {
    const forged = signed.replace(` ${first},${second}`, list);
    expect(forged).not.toBe(signed);
    expect(verifyMessage(forged, [file, moved], [key])).toBeUndefined();
    expect(verifyMessage(forged, [file], [key])).toBeUndefined();
  }
});

test("unverifiedTrailer() reads only messages that have a signature", () => {
  expect(unverifiedTrailer(message, "Flag")).toBe("");
  expect(unverifiedTrailer(signMessage(message, [file], [key], "0a"), "Flag")).toBe("b");
});

test("parseCommitKeys() requires keys of at least 32 characters, and names the command that makes one", () => {
  expect(parseCommitKeys(`${key}, ${other}`, "FLAGS_COMMIT_KEY")).toEqual([key, other]);
  for (const text of ["", "secret", `${key},`])
    expect(() => parseCommitKeys(text, "FLAGS_COMMIT_KEY")).toThrow(
      /^Cannot use FLAGS_COMMIT_KEY: .*openssl rand -hex 32/,
    );
});
