/** Values of a URL's query. */
import type { Request } from "express";
import { nearestOrAll } from "../../schema/text/suggest.ts";
import { HttpError } from "./problem.ts";

type Query = Request["query"];

/** Throws `HttpError` 400 for other keys: a misspelt filter would filter nothing. */
export function allowKeys(query: Query, keys: readonly string[]): void {
  const unknown = Object.keys(query).find((key) => !keys.includes(key));
  if (unknown === undefined) return;
  const hint = nearestOrAll(unknown, keys);
  throw new HttpError(400, `Cannot use the parameter ${JSON.stringify(unknown)}: ${hint}`);
}

/** A whole number; `fallback` if it is missing. Throws `HttpError` 400. */
export function integerIn<T>(
  query: Query,
  key: string,
  fallback: T,
  [minimum, maximum]: readonly [minimum: number, maximum: number],
): number | T {
  const value = query[key];
  if (value === undefined) return fallback;
  const found = typeof value === "string" && /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
  if (found >= minimum && found <= maximum) return found;
  throw new HttpError(400, `Cannot use ${key}: it must be a number from ${minimum} to ${maximum}`);
}

/** A text of 1 to 200 characters. Throws `HttpError` 400. */
export function textIn(query: Query, key: string): string | undefined {
  const value = query[key];
  if (value === undefined) return undefined;
  if (typeof value === "string" && value.length >= 1 && value.length <= 200) return value;
  throw new HttpError(400, `Cannot use ${key}: it must be one text of 1 to 200 characters`);
}

/** A time in seconds since 1970. Throws `HttpError` 400. */
export function timeIn(query: Query, key: string): number | undefined {
  const value = textIn(query, key);
  if (value === undefined) return undefined;
  const isTime = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}Z)?$/.test(value);
  const seconds = isTime ? Date.parse(value) / 1_000 : Number.NaN;
  const day = Number.isNaN(seconds) ? "" : new Date(seconds * 1_000).toISOString().slice(0, 10);
  // `Date.parse` takes February 30 for the first days of March.
  if (day === value.slice(0, 10)) return seconds;
  throw new HttpError(
    400,
    `Cannot use ${key}: it must be a time in UTC, like 2027-03-31 or 2027-03-31T08:00:00Z`,
  );
}
