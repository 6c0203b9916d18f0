import { type Response, respond } from "./release.ts";

/** The bodies of a CDN's errors 404 and 403. They are the same in every release. */
export const errorResponses: readonly Response[] = [
  error(403, "Forbidden", "Cannot show this: it takes a token that may read flags"),
  error(404, "Not Found", "Cannot find this: no flag or list is published here"),
];

function error(status: number, title: string, detail: string): Response {
  const type = `https://bunting.example/problems/${title.toLowerCase().replace(" ", "-")}`;
  return respond(`/errors/${status}.json`, JSON.stringify({ type, title, status, detail }));
}
