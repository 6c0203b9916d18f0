/** The size of `definitions.json`, which says how each flag of an environment is decided. */
import type { NamedConditions } from "../flag/audience.ts";
import { type Decision, type Flag, plain } from "../flag/flag.ts";
import type { Finding } from "../problem/problem.ts";
import type { Environments } from "../project/project.ts";
import { checkSize } from "./size-finding.ts";

/** The largest document that a provider reads, in bytes. `client/provider/source.ts` has the same number. */
export const maxDefinitionsBytes = 16_000_000;

type Decided = Pick<Flag, "name" | "decisions">;

/**
 * The size of the `definitions.json` of an environment, in bytes, with private flags and all
 * audiences. The document may be a little smaller: it leaves out values that are the default.
 */
export function definitionsBytes(
  environment: string,
  flags: readonly Decided[],
  audiences: readonly NamedConditions[],
): number {
  let bytes = '{"environment":"","audiences":{},"flags":{}}'.length + environment.length;
  for (const flag of flags) bytes += entryBytes(flag, environment);
  for (const { name, conditions } of audiences) bytes += pairBytes(name, jsonBytes(conditions));
  return bytes;
}

/** The bytes that one flag takes in the document of an environment. */
export function entryBytes({ name, decisions }: Decided, environment: string): number {
  const decision = decisions[environment];
  return decision ? pairBytes(name, decisionBytes(decision)) : 0;
}

/** Whether providers can read the definitions, and for how much longer. One finding at most: for the largest. */
export function checkDefinitionsSize(
  flags: readonly Decided[],
  audiences: readonly NamedConditions[],
  { environments }: Environments,
): Finding[] {
  const sizes = environments.map((environment) => definitionsBytes(environment, [], audiences));
  // One pass: it takes most of the time of a write if there are many flags.
  for (const flag of flags) {
    for (let at = 0; at < sizes.length; at++) {
      sizes[at] = (sizes[at] ?? 0) + entryBytes(flag, environments[at] ?? "");
    }
  }
  const bytes = Math.max(...sizes);
  const environment = environments[sizes.indexOf(bytes)];
  return checkSize(`definitions.json of "${environment}"`, bytes, {
    ...{ maxBytes: maxDefinitionsBytes, readers: "providers" },
    ...{ tooLarge: "definitions-too-large", nearLimit: "large-definitions" },
    hint: "use an audience for conditions that several rules share, and delete unused rules",
  });
}

/** Nearly all flags share one of these, and each write adds up all flags: a look-up would take most of the time. */
const plainBytes = { on: jsonBytes(plain.on), off: jsonBytes(plain.off) };

/** Decisions are never changed in place. */
const knownBytes = new WeakMap<Decision, number>();

function decisionBytes(decision: Decision): number {
  if (decision === plain.on) return plainBytes.on;
  if (decision === plain.off) return plainBytes.off;
  const known = knownBytes.get(decision);
  if (known !== undefined) return known;
  const { uses: _, ...definition } = decision;
  const bytes = jsonBytes(definition);
  knownBytes.set(decision, bytes);
  return bytes;
}

/** With the quotes, the colon, and the comma behind it. */
function pairBytes(name: string, valueBytes: number): number {
  return name.length + 4 + valueBytes;
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
