import type { Answer } from "../fault.ts";
import type { Host } from "./handler.ts";

/** One page of a list, with the `Link` header that leads to the others (RFC 8288). */
export function page(
  host: Host,
  path: string,
  query: URLSearchParams,
  items: readonly unknown[],
): Answer {
  const size = Math.min(host.pageSize, Number(query.get("per_page") ?? 30));
  const number = Number(query.get("page") ?? 1);
  const last = Math.max(1, Math.ceil(items.length / size));
  const link = (to: number, rel: string) => {
    const others = new URLSearchParams(query);
    others.set("page", String(to));
    return `<${host.api}${path}?${others}>; rel="${rel}"`;
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
