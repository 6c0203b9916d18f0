import type { Request } from "express";
import { isPossibleName } from "../../schema/flag/name.ts";
import { HttpError } from "./problem.ts";

/** The flag's name in the path. Throws `HttpError` 404 for a name that no flag can have, and for one with escapes. */
export function nameIn({ params, path }: Request): string {
  const name = String(params.name);
  if (!path.includes("%") && isPossibleName(name)) return name;
  throw new HttpError(404, "Cannot find a flag of that name");
}
