/** Known differences of other evaluators. `docs/languages/README.md` explains each. */
import type { Definition } from "../../schema/evaluate/definition.ts";
import type { Difference } from "./cases.ts";

export type KnownDifference = (difference: Difference, definition: Definition) => boolean;

/** Java's provider for OFREP cannot send null. */
export const nullAttribute: KnownDifference = ({ context }) =>
  Object.values(context).includes(null);

/** A copy of a context that has `__proto__` inherits its attributes, in flagd's provider for Node. */
export const inheritedAttribute: KnownDifference = ({ context }) =>
  Object.hasOwn(context, "__proto__");

/** In Python `1 == True`. */
export const booleanIsNumber: KnownDifference = ({ flag, context }) =>
  flag === "beta_menu" ? context.beta === 1 : flag === "adults" && context.age === true;

/** Python's engine hashes the text of a list. */
export const hashedList: KnownDifference = ({ context }, { bucket = "targetingKey" }) =>
  Array.isArray(context[bucket]);

/** Engines with flagd's hash of another version than 2 divide callers in another way. */
export const otherHash: KnownDifference = (_, definition) =>
  definition.variants !== undefined ||
  [definition, ...(definition.rules ?? [])].some(({ rollout = 100 }) => rollout % 100 !== 0);
