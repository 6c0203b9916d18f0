/** The URLs of a plan with their bodies before and after, as a part of the comment on a pull request. */
import { parsePath } from "../compile/urls.ts";
import type { Plan, ResponsePlan } from "../plan/plan.ts";
import { pluralize } from "../text/show.ts";
import { block, fitLines, sizeOf } from "./markdown.ts";

/** A line that says how many more there are, of what, and where. */
export type Pointer = (left: number, what: string) => string;

/** A folded section with as many URLs as fit into `maxLength` characters. */
export function listUrls({ responses }: Plan, maxLength: number, pointer: Pointer): string[] {
  if (responses.length === 0) return [];
  // What customers get comes first.
  const isRoot = ({ path }: ResponsePlan) => parsePath(path)?.folder === "";
  const sorted = [...responses.filter(isRoot), ...responses.filter((one) => !isRoot(one))];
  const summary = `${pluralize(responses.length, "URL")} with other bytes, before and after`;
  const frame = (urls: string) =>
    `<details>\n<summary>${summary}</summary>\n\n${urls}\n\n</details>`;
  const items = sorted.map(showUrl);
  const maxUrls = maxLength - sizeOf(frame("")) - 9;
  const shown = fitLines(items, maxUrls, (left) => pointer(left, "URLs"));
  return [frame(shown.join("\n").trimEnd())];
}

function showUrl({ path, change, before, after }: ResponsePlan): string {
  const bodies = [
    ...(before === undefined ? [] : [`- ${before}`]),
    ...(after === undefined ? [] : [`+ ${after}`]),
  ];
  const title = `\`${path}\` ${change}`;
  return bodies.length === 0 ? `${title}\n` : `${title}\n\n${block(bodies, "diff")}\n`;
}
