import type { Project } from "../../../schema/project/project.ts";
import { environmentOf, routeOf } from "../../http/routes.ts";
import type { Durations, Series } from "../../observe/durations.ts";
import { streamHeaders } from "../events/streams.ts";
import type { Answer } from "./responses.ts";

/** All of an answer that can be made before anybody asks for it. */
export interface Prepared {
  readonly environment: string;
  readonly isList: boolean;
  readonly etag: string;
  readonly body: string | Buffer;
  readonly whole: Half;
  /** For who wants a stream of a list's changes. */
  readonly streamHeaders: string[];
  /** For who has these bytes. */
  readonly known: Half;
}

interface Half {
  /** As Node takes them without looking: name, value, name, value. */
  readonly headers: string[];
  readonly durations: Series;
}

/** `common` are the headers of every answer, with names in lower case. */
export function prepare(
  project: Pick<Project, "environments">,
  url: string,
  { etag, contentType, body, isList }: Answer,
  common: Readonly<Record<string, string>>,
  durations: Durations,
): Prepared {
  const { vary, ...rest } = common;
  const varies = [vary, isList ? "Accept" : undefined].filter(Boolean).join(", ");
  const first = [...Object.entries(rest).flat(), ...(varies === "" ? [] : ["Vary", varies])];
  const known = [...first, "Cache-Control", "private, no-cache", "ETag", etag];
  const whole = [...known, "Content-Type", contentType, "Content-Length", String(body.length)];
  const half = (headers: string[], status: number) => {
    const labels = { route: routeOf(url), method: "GET", status };
    return { headers, durations: durations.series(labels) };
  };
  return {
    environment: environmentOf(project, url),
    isList,
    etag,
    body,
    whole: half(whole, 200),
    streamHeaders: [...first, ...Object.entries(streamHeaders).flat()],
    known: half(known, 304),
  };
}
