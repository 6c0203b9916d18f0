/** What compares attributes in rules. `rules.ts` loads it only if a rule needs it. */
export { compare } from "../../schema/evaluate/compare.ts";
