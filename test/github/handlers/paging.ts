import type { Answer } from "../fault.ts";
import type { World } from "./world.ts";

/** One page of a list, with the `Link` header that leads to the others (RFC 8288). */
export function page(
  world: World,
  path: string,
  query: URLSearchParams,
  items: readonly unknown[],
): Answer {
  const size = Math.min(world.pageSize, Number(query.get("per_page") ?? 30));
  const number = Number(query.get("page") ?? 1);
  const last = Math.max(1, Math.ceil(items.length / size));
  const link = (to: number, rel: string) => {
    const others = new URLSearchParams(query);
    others.set("page", String(to));
    return `<${world.api}${path}?${others}>; rel="${rel}"`;
  };
  const links = [
    ...(number > 1 ? [link(number - 1, "prev"), link(1, "first")] : []),
    ...(number < last ? [link(number + 1, "next"), link(last, "last")] : []),
  ];
  return {
    status: 200,
    body: items.slice((number - 1) * size, number * size),
    headers: links.length > 0 ? { link: links.join(", ") } : {},
  };
}
