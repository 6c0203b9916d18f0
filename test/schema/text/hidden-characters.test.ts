import fc from "fast-check";
import { expect, test } from "vitest";
import {
  escapeHiddenCharacters,
  findHiddenCharacter,
  withoutHiddenCharacters,
} from "../../../schema/text/hidden-characters.ts";

test.each([
  ["an emoji with a presentation selector", "I \u2764\ufe0f meals"],
  ["a keycap", "Step 1\ufe0f\u20e3"],
  ["a profession", "\u{1f469}\u200d\u{1f4bb}"],
  ["a profession with a skin tone", "\u{1f469}\u{1f3fd}\u200d\u{1f4bb}"],
  ["a flag with a selector inside", "\u{1f3f3}\ufe0f\u200d\u{1f308}"],
  ["the flag of a country", "\u{1f1e9}\u{1f1ea}"],
  ["Persian with a non-joiner", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"],
  ["Hindi with a joiner", "\u0915\u094d\u200d\u0937"],
  ["a French space", "Attention\u00a0: ou\u202f?"],
  ["a Japanese space", "\u65e5\u672c\u3000\u8a9e"],
  ["Polish", "za\u017c\u00f3\u0142\u0107"],
])("findHiddenCharacter() accepts %s", (_what, text) => {
  expect(findHiddenCharacter(text)).toBeUndefined();
  expect(escapeHiddenCharacters(text)).toBe(text);
});

test.each([
  ["a second selector after an emoji", "\u2764\ufe0f\ufe0f", 2],
  ["a selector after a letter", "a\ufe0f", 1],
  ["a selector after a digit that is no keycap", "1\ufe0f", 1],
  ["a joiner after an emoji and before a letter", "\u2764\u200da", 1],
  ["a non-joiner between Latin letters", "a\u200cb", 1],
  ["a non-joiner at the end of a Persian word", "\u06cc\u200c", 1],
  ["a second joiner", "\u0915\u094d\u200d\u200d\u0937", 2],
  ["a flag of tags", "\u{1f3f4}\u{e0067}\u{e007f}", 2],
  ["an ideographic variation", "\u845b\u{e0100}", 1],
])("findHiddenCharacter() finds %s", (_what, text, at) => {
  expect(findHiddenCharacter(text)?.at).toBe(at);
});

test("withoutHiddenCharacters() keeps an emoji and removes a payload", () => {
  expect(withoutHiddenCharacters("\u2764\ufe0f a\u{e0141}\u{e0142}b\n\tc")).toBe(
    "\u2764\ufe0f a b c",
  );
});

test("escapeHiddenCharacters() leaves nothing that findHiddenCharacter() finds", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(findHiddenCharacter(escapeHiddenCharacters(text))).toBeUndefined();
    }),
  );
});
