import type { Plan, ResponsePlan } from "./plan.ts";

/** How many characters of a body are worth showing. */
export const longestExcerpt = 1_200;
/** Of how many responses. */
const mostBodies = 300;

/**
 * A plan that is handed on, kept short: of long bodies only the surroundings of what differs, and
 * of very many responses only the first with their bodies. `…` stands for what was left out.
 */
export function boundPlan(plan: Plan): Plan {
  const responses = plan.responses.map((response, index) =>
    index < mostBodies ? shorten(response) : { path: response.path, change: response.change },
  );
  return { ...plan, responses };
}

function shorten({ path, change, before, after }: ResponsePlan): ResponsePlan {
  const from = before !== undefined && after !== undefined ? firstDifference(before, after) : 0;
  const cut = (body: string | undefined) => excerpt(body, Math.max(0, from - longestExcerpt / 4));
  return {
    ...{ path, change },
    ...(before === undefined ? {} : { before: cut(before) }),
    ...(after === undefined ? {} : { after: cut(after) }),
  };
}

function firstDifference(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  return at;
}

function excerpt(body: string | undefined, from: number): string {
  if (body === undefined || body.length <= longestExcerpt) return body ?? "";
  const to = from + longestExcerpt - 2;
  const middle = body.slice(from, to);
  return `${from > 0 ? "…" : ""}${middle}${to < body.length ? "…" : ""}`;
}
