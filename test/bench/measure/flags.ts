/**
 * Any number of flags as teams write them: with the pragma, some comments, overrides, and one in a
 * hundred that needs the YAML parser.
 */
import type { ImportedCommit } from "../../git/import.ts";

/** `flags` flags, added by the first of `commits` commits; each further commit turns another one on or off. */
export function* editedOneByOne(flags: number, commits: number): Generator<ImportedCommit> {
  const added = Array.from({ length: flags }, (_, flag) => [flagFile(flag), flagText(flag)]);
  yield { parents: [], time: start, files: Object.fromEntries(added) };
  for (let commit = 1; commit < commits; commit++) {
    const flag = (commit * 7_919) % flags;
    const turned = flagText(flag).replace(/^enabled: \w+/m, `enabled: ${!isOn(flag)}`);
    yield { parents: [commit - 1], time: start + commit * 60, files: { [flagFile(flag)]: turned } };
  }
}

/** Any number of flags whose names have four characters, added by one commit. */
export function* shortNamed(flags: number): Generator<ImportedCommit> {
  // From a000 on, in base 36.
  const name = (flag: number) => (10 * 36 ** 3 + flag).toString(36);
  const added = Array.from({ length: flags }, (_, flag) => [
    `flags/${teamOf(flag)}/${name(flag)}.yaml`,
    flagText(flag),
  ]);
  yield { parents: [], time: start, files: Object.fromEntries(added) };
}

/** The text of the flag with this number. */
export function flagText(flag: number): string {
  const team = teamOf(flag);
  const asked = flag % 4 === 0 ? `# Ask #${team} before this goes off in production.\n` : "";
  const [verb, ...words] = wordsOf(flag);
  const sentence = `${verb?.charAt(0).toUpperCase()}${verb?.slice(1)} the ${words.join(" ")}`;
  const where = flag % 100 === 0 ? "in the café view" : "in the diary";
  return `# yaml-language-server: $schema=../../schema/flag.schema.json
${asked}description: ${sentence} ${where}; when off, people see it as before
enabled: ${isOn(flag)}${flag % 5 === 0 ? " # waits for the review of the terms in the EU" : ""}
owner: ${team}
${pick(lifetimes, flag)}${pick(overrides, flag)}`;
}

const start = 1_700_000_000;
const verbs =
  "show suggest import share record export remind offer hide sort plan scan sync pause merge track draft split rate pin mute sum";
const kinds =
  "weekly shared guided seasonal local quick family clinic paid free nightly vegan smart compact printed linked public private draft starred hourly custom";
const things =
  "recipe workout invoice goal photo report barcode diary menu basket snack streak badge chart coupon reminder profile survey label ingredient portion trend";
const words = [verbs, kinds, things].map((list) => list.split(" "));
const areas = ["nutrition", "activity", "billing", "growth", "search", "coaching", "clinics"];
const platforms = ["web", "ios", "android", "api", "data", "mail", "watch", "voice"];
const lifetimes = [
  "expires: 2099-03-31\n",
  "type: experiment\nexpires: 2099-05-31\n",
  "type: operational\n",
  "expires: 2099-08-31 # two full cohorts\n",
  "type: kill_switch\n",
];
const overrides = [
  "environments:\n  staging:\n    enabled: true\n  development:\n    enabled: true\n",
  "",
  "environments:\n  development:\n    enabled: true # the sandbox cannot be reached from laptops\n",
];

/** In folders of two hundred. */
function flagFile(flag: number): string {
  return `flags/${teamOf(flag)}/${wordsOf(flag).join("_")}.yaml`;
}

function teamOf(flag: number): string {
  const team = Math.floor(flag / 200);
  return `${pick(areas, team)}-${pick(platforms, Math.floor(team / areas.length))}`;
}

function isOn(flag: number): boolean {
  return flag % 3 !== 0;
}

/** A description that no other flag has: three words, and a number after the first ten thousand flags. */
function wordsOf(flag: number): string[] {
  const three = words.map((list, position) => pick(list, Math.floor(flag / 22 ** position)));
  const round = Math.floor(flag / 22 ** words.length);
  return round === 0 ? three : [...three, String(round)];
}

function pick(from: readonly string[], at: number): string {
  return from[at % from.length] ?? "";
}
