import { findForbidden } from "../../schema/text/personal-data.ts";
import type { Handler } from "./handler.ts";
import { HttpError } from "./problem.ts";

/** Refuses a `Change-Reason` with personal data or credentials: git keeps it, and every reader sees it. */
export const checkChangeReason: Handler = (request, _response, next) => {
  const found = findForbidden(request.get("Change-Reason") ?? "").map(({ what }) => what);
  if (found.length === 0) return next();
  const what = [...new Set(found)].join(" and ");
  const detail = `Cannot keep the Change-Reason: it has ${what} in it; name the team or the ticket instead`;
  throw new HttpError(400, detail, { kind: "forbidden-text" });
};
