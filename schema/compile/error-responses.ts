import { type Response, respond } from "./release.ts";

/** What a CDN answers with where nothing is published, or nobody may look: the same on every release. */
export const errorResponses: readonly Response[] = [
  error(403, "Forbidden", "Cannot show this: it takes a token that may read flags"),
  error(404, "Not Found", "Cannot find this: no flag or list is published here"),
];

function error(status: number, title: string, detail: string): Response {
  const type = `https://bunting.example/problems/${title.toLowerCase().replace(" ", "-")}`;
  return respond(`/errors/${status}.json`, JSON.stringify({ type, title, status, detail }));
}
