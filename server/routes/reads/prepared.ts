import type { Project } from "../../../schema/project/project.ts";
import { environmentOf, routeOf } from "../../http/path-template.ts";
import type { Durations, Series } from "../../observe/durations.ts";
import { streamHeaders } from "../events/streams.ts";
import type { Answer } from "./responses.ts";

/** Everything of an answer that does not depend on the request, made once for each release. */
export interface PreparedAnswer {
  readonly route: string;
  readonly environment: string;
  readonly isList: boolean;
  readonly etag: string;
  readonly body: string | Buffer;
  readonly ok: PreparedHead;
  readonly notModified: PreparedHead;
  /** Of the event stream of a list. */
  readonly streamHeaders: readonly string[];
}

interface PreparedHead {
  /** Names and values in turn, which Node sends without further checks. */
  readonly headers: readonly string[];
  readonly durations: Series;
}

/** `common` are the headers of every answer, with names in lower case. */
export function prepareAnswer(
  project: Pick<Project, "environments">,
  url: string,
  { etag, contentType, lastModified, body, isList }: Answer,
  common: Readonly<Record<string, string>>,
  durations: Durations,
): PreparedAnswer {
  const route = routeOf(url);
  const { vary, ...rest } = common;
  const varies = [vary, isList ? "Accept" : undefined].filter(Boolean).join(", ");
  const first = [...Object.entries(rest).flat(), ...(varies === "" ? [] : ["Vary", varies])];
  const validators = ["ETag", etag, "Last-Modified", lastModified];
  const known = [...first, "Cache-Control", "private, no-cache", ...validators];
  const whole = [...known, "Content-Type", contentType, "Content-Length", String(body.length)];
  const head = (headers: readonly string[], status: number): PreparedHead => {
    return { headers, durations: durations.series({ route, method: "GET", status }) };
  };
  return {
    route,
    environment: environmentOf(project, url),
    isList,
    etag,
    body,
    ok: head(whole, 200),
    notModified: head(known, 304),
    streamHeaders: [...first, ...Object.entries(streamHeaders).flat()],
  };
}
