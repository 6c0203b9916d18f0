import { findSensitiveData } from "../../../schema/text/personal-data.ts";
import type { Handler } from "../../http/handler.ts";
import { HttpError } from "../../http/problem.ts";

/** The request headers whose text is kept: in git, in the manifest of a publication, in logs. */
const storedHeaders = ["Change-Reason", "Publish-Allow"] as const;

/** Refuses a reason with personal data or credentials: it is kept, and every reader sees it. */
export const checkReasons: Handler = (request, _response, next) => {
  for (const header of storedHeaders) {
    const found = findSensitiveData(request.get(header) ?? "").map(({ what }) => what);
    if (found.length === 0) continue;
    const what = [...new Set(found)].join(" and ");
    const detail = `Cannot keep the ${header}: it has ${what} in it; name the team or the ticket instead`;
    throw new HttpError(400, detail, { kind: "forbidden-text" });
  }
  next();
};
