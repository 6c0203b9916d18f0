import { sides } from "../plan/difference.ts";
import type { Plan, ResponsePlan } from "../plan/plan.ts";

/** Maximum number of characters of a body that are shown. */
export const maxExcerptLength = 1_200;
/** Maximum number of responses whose bodies are shown. */
const maxBodies = 300;

/**
 * A shorter plan for reports: long bodies keep only the text around the difference, and only the
 * first responses keep their bodies. `…` replaces omitted text.
 */
export function truncatePlan(plan: Plan): Plan {
  const responses = plan.responses.map((response, index) =>
    index < maxBodies ? shorten(response) : { path: response.path, change: response.change },
  );
  return { ...plan, responses };
}

function shorten({ path, change, before, after }: ResponsePlan): ResponsePlan {
  const from = before !== undefined && after !== undefined ? firstDifference(before, after) : 0;
  const start = Math.max(0, from - maxExcerptLength / 4);
  const cut = (body: string | undefined) => body && excerpt(body, start);
  return { path, change, ...sides(cut(before), cut(after)) };
}

function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
}

function excerpt(body: string, from: number): string {
  if (body.length <= maxExcerptLength) return body;
  const to = from + maxExcerptLength - 2;
  const middle = body.slice(from, to);
  return `${from > 0 ? "…" : ""}${middle}${to < body.length ? "…" : ""}`;
}
