/** What compares versions in rules. `rules.ts` loads it only if a rule needs it. */
export { isInRange } from "../../schema/evaluate/version.ts";
