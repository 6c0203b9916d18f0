import type { VersionOperator } from "./definition.ts";

/**
 * Whether a version is in the range of an operator and a version. Both are SemVer 2.0; a leading
 * `v` and a missing minor or patch number are accepted. Anything else is in no range.
 */
export function isInRange(text: string, operator: VersionOperator, limit: string): boolean {
  const end = operator === "^" ? width : operator === "~" ? 2 * width + 1 : undefined;
  const [version, other] = [sortKey(text).slice(0, end), sortKey(limit).slice(0, end)];
  if (!version || !other) return false;
  if (version === other) return !"<>".includes(operator);
  return operator.startsWith(version < other ? "<" : ">");
}

/**
 * Numbers have no leading zero, and at most 16 digits, as the largest safe integer. A pre-release
 * or build needs all three numbers.
 */
const pattern =
  /^v?(?=\d+\.\d+\.\d|[\d.]+$)(?!(?:[\d.]*\.)?0\d)(\d{1,16}(?:\.\d{1,16}){0,2})(?:-(?!(?:[^+]*\.)?0\d+(?:[.+]|$))([\da-z-](?:\.?[\da-z-])*))?(?:\+[\da-z-](?:\.?[\da-z-])*)?$/i;

const width = 16;

/** Longer texts are no versions. npm's semver has the same limit. */
const maxLength = 256;

/** Keys of versions seen before: an application has few, and parsing costs more than all the rest. */
const keys = new Map<string, string>();
const maxKeys = 1_000;

/**
 * A text whose order by code unit is the order of versions (SemVer 2.0, section 11): numbers are
 * padded with spaces, so that they sort by value and below text; `,` sorts below whatever continues
 * an identifier; `~` puts a release above its pre-releases. Build metadata is left out. Empty if the
 * text is no version.
 */
function sortKey(text: string): string {
  if (text.length > maxLength) return "";
  let key = keys.get(text);
  if (key === undefined) {
    const [, core, identifiers = "~"] = pattern.exec(text) ?? [];
    const parts = core ? [...`${core}.0.0`.split(".", 3), ...identifiers.split(".")] : [];
    key = parts.map((part) => (/\D/.test(part) ? part : part.padStart(width))).join();
    if (keys.size >= maxKeys) keys.clear();
    keys.set(text, key);
  }
  return key;
}
