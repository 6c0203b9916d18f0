import type { Options } from "./types.ts";

const shown = new Set<string>();

/** Writes a hint to the console, once, if a mistake in the options explains the failed request. */
export function showHint({ url, token }: Options, status?: number): void {
  const hint = findHint(url, token, status);
  if (hint === undefined || shown.has(hint)) return;
  shown.add(hint);
  console.warn(`Bunting: cannot fetch the flags: ${hint}`);
}

function findHint(url: unknown, token?: string, status?: number): string | undefined {
  if (typeof url !== "string" || url === "") {
    const example = 'createFlags({ url: "https://cdn.example.com/v1/feature-flags/" })';
    return `there is no url. Pass one: ${example}`;
  }
  if (status === 401 && token) return `${url} does not accept this token. Check that it is valid`;
  if (status === 401) return `${url} requires a token. Pass one: createFlags({ url, token })`;
  if (status === 404 && url.endsWith("/definitions.json")) {
    return `${url} is not published. Write publish: { definitions: true } to bunting.yaml`;
  }
  if (/\/feature-flags$/.test(url)) return `${url} has no slash at its end. Write ${url}/`;
  return undefined;
}
