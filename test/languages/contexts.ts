/** The callers of the table of cases: the same for every run, and for every language. */
import { Random } from "../random.ts";

export type Caller = Readonly<Record<string, unknown>>;

/** The number of callers. */
export const contextCount = 1_000;

/**
 * Callers as SDKs can send them: a targeting key is text or missing, and ids are ASCII, because
 * engines hash other characters differently. Attributes may be missing or have any type.
 */
export function createContexts(): Caller[] {
  const random = new Random(13);
  return Array.from({ length: contextCount }, (_, at) => createContext(random, at));
}

function createContext(random: Random, at: number): Caller {
  const entries: [string, unknown][] = [];
  for (const [name, values] of Object.entries(attributes)) {
    const value = oneOf(random, values);
    entries.push([name, value === any ? oneOf(random, anything) : value]);
  }
  const isHostile = random.below(12) === 0;
  if (isHostile) entries.push(oneOf(random, hostile));
  const clinic = oneOf(random, clinics)(random.below(200));
  const key = oneOf(random, keys)(at);
  // `JSON.parse()` makes `__proto__` a property of its own.
  const text = [["targetingKey", key], ["clinic_id", clinic], ...entries]
    .filter(([, value]) => value !== missing)
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  return JSON.parse(`{${text.join(",")}}`);
}

const missing = Symbol("missing");
const any = Symbol("any type");

/** The more often a value is listed, the more often it is drawn. */
const attributes: Readonly<Record<string, readonly unknown[]>> = {
  age: [17, 18, 18.5, 30, 64, 64.5, 65, 90, -3, 0, 1e21, "18", missing, any],
  app_version: [
    ...["3.9.9", "4.1.9", "4.2.0", "v4.2.1", "4.2", "5", "4.10.0", "5.1.2", "5.1.3", "5.1.30"],
    ...["5.1.3+build.7", "5.1.4-rc.1", "5.2.0", "6.0.0-rc.1", "6.0.0-rc.2", "6.3.1", "7.0.0"],
    ...["", "latest", "4.2.0.1", "04.2.0", "4.2.0-", missing, any],
  ],
  beta: [true, true, false, false, "true", 1, missing, any],
  country: ["SE", "DK", "NO", "FI", "US", "se", "S", "", "Österreich", "🇸🇪", missing, any],
  email_domain: [
    ...["clinic.example", "mail.clinic.example", "clinic.example.org", "test-clinic.example"],
    ...["example.org", "CLINIC.EXAMPLE", "", missing, any],
  ],
  plan: ["free", "clinic", "trial", "partner", "pro", missing, any],
};

const anything = [null, true, 0, 42, "text", "", [], ["SE"], [true], {}, { country: "SE" }];

/** Unusual values of an attacker or a mistaken caller. */
const hostile: readonly [string, unknown][] = [
  ["__proto__", { country: "SE", beta: true }],
  ["constructor", { prototype: { beta: true } }],
  ["toString", "text"],
  ["long", "x".repeat(5_000)],
  ["a.b", "dots"],
  ["", "an empty name"],
  ["quote", "\"'\\\n\u0000\u202e</script>{{7*7}}"],
  ["deep", [[{ list: [[1], [2]] }]]],
  ["number", 1.7976931348623157e308],
  ["var", { var: "targetingKey" }],
];

const keys: readonly ((at: number) => unknown)[] = [
  ...Array.from({ length: 12 }, () => (at: number) => `user-${at}`),
  ...[(at: number) => `0${at}`, (at: number) => `u ser "${at}" \\ {}~`, (at: number) => `${at}`],
  ...[() => "", () => missing],
];

const clinics: readonly ((number: number) => unknown)[] = [
  ...Array.from({ length: 10 }, () => (number: number) => `clinic-${number}`),
  ...[(number: number) => number, (number: number) => number * 10_000_000_000],
  ...[(number: number) => number / 8, (number: number) => number % 2 === 0],
  ...[() => "", () => missing, () => null, () => ["clinic-1"]],
];

function oneOf<T>(random: Random, values: readonly T[]): T {
  return values[random.below(values.length)] as T;
}
