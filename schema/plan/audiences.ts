/** Audiences that change, and the flags that use them. */
import type { Snapshot } from "../flag/snapshot.ts";
import { isSameJson } from "../text/json.ts";
import { compareText } from "../text/order.ts";
import { listSome } from "../text/show.ts";
import { type ChangeKind, changeKindOf, pairUp, signs } from "./difference.ts";

/** An audience that changes. */
export interface AudiencePlan {
  readonly name: string;
  readonly change: ChangeKind;
  /**
   * The flags that refer to it before or after, sorted. If the change affects who gets a flag, the flag
   * is in `flags` of the plan.
   */
  readonly flags: readonly string[];
}

/** The audiences whose conditions differ, sorted by name. */
export function planAudiences(base: Snapshot, head: Snapshot): AudiencePlan[] {
  const flags = [...base.flags, ...head.flags];
  return pairUp(base.audiences, head.audiences, ({ name }) => name).flatMap(
    ([name, before, after]): AudiencePlan[] => {
      if (before && after && isSameJson(before.conditions, after.conditions)) return [];
      const users = flags.filter(({ audiences }) => audiences.includes(name));
      const names = [...new Set(users.map((flag) => flag.name))].sort(compareText);
      return [{ name, change: changeKindOf(before, after), flags: names }];
    },
  );
}

/** One line of Markdown for each audience. */
export function describeAudiences(audiences: readonly AudiencePlan[]): string[] {
  return audiences.map(({ name, change, flags }) => {
    const users = flags.map((flag) => `\`${flag}\``);
    return `audience \`${name}\` ${change}: ${usedBy(users)}`;
  });
}

/** As a line of text. */
export function describeAudience({ name, change, flags }: AudiencePlan): string {
  return `${signs[change]} ${name}: ${usedBy(flags)}`;
}

/** Maximum number of flags that are named for an audience. */
const maxUsers = 20;

function usedBy(flags: readonly string[]): string {
  return flags.length === 0 ? "no flag uses it" : `used by ${listSome(flags, maxUsers)}`;
}
