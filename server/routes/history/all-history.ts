import type { Principal } from "../../../schema/access/tokens.ts";
import { privateCacheControl } from "../../../schema/compile/outputs.ts";
import { isPossibleName } from "../../../schema/flag/name.ts";
import type { ChangePage } from "../../../store/history/change-query.ts";
import type { CommitAttribution } from "../../../store/history/commit-attribution.ts";
import type { FlagChange } from "../../../store/history/flag-changes.ts";
import type { FlagStore } from "../../../store/writes/flag-store.ts";
import { mayRead, requirePermission } from "../../auth/permissions.ts";
import type { ConcurrencyLimit } from "../../http/concurrency-limit.ts";
import { type Handler, principalOf } from "../../http/handler.ts";
import { HttpError } from "../../http/problem.ts";
import { allowKeys, integerIn, textIn, timeIn } from "../../http/query.ts";
import { cachePages } from "./cached-pages.ts";
import { factsOf, isChangedIn, statesIn } from "./change-body.ts";
import { maxPageSize } from "./history.ts";

/** `GET /v1/history`: a page of the changes of all flags, the newest first. */
export function allHistoryHandler(store: FlagStore, concurrency: ConcurrencyLimit): Handler {
  const readPage = cachePages<ChangePage>(concurrency);
  return async ({ query }, response) => {
    allowKeys(query, ["flag", "environment", "actor", "since", "until", "from", "limit"]);
    const principal = principalOf(response);
    const environment = textIn(query, "environment");
    const environments = environmentsFor(store, principal, environment);
    const requested = {
      flag: flagIn(textIn(query, "flag")),
      actor: textIn(query, "actor"),
      since: timeIn(query, "since"),
      until: timeIn(query, "until"),
      from: integerIn(query, "from", undefined, [0, 999_999_999]),
      limit: integerIn(query, "limit", 50, [1, maxPageSize]),
    };
    const isNarrow = environment !== undefined || principal.environments !== undefined;
    const { actor, ...range } = requested;
    // By name, or by the subject or id of a token, which its owner cannot choose.
    const isActor = ({ changed_by, subject }: CommitAttribution) =>
      subject === actor || changed_by === actor;
    const isBy = actor === undefined ? undefined : isActor;
    const matches = (change: FlagChange) =>
      !isNarrow || environments.some((one) => isChangedIn(change, one));
    const key = JSON.stringify([store.head, requested, isNarrow && environments]);
    const { changes, next } = await readPage(key, principal.id, () =>
      store.history.queryChanges({ ...range, isBy, matches }),
    );
    response.set("Cache-Control", privateCacheControl);
    response.json({ changes: changes.map((change) => answerOf(change, environments)), next });
  };
}

/** A change with the environments whose responses it changed. */
function answerOf(change: FlagChange, environments: readonly string[]) {
  const changed = environments.filter((environment) => isChangedIn(change, environment));
  const states = changed.map((environment) => [environment, statesIn(change, environment)]);
  return { flag: change.flag, ...factsOf(change), environments: Object.fromEntries(states) };
}

/** The requested environment, or all that the principal may read. Throws `HttpError`. */
function environmentsFor(
  { project }: FlagStore,
  principal: Principal,
  requested: string | undefined,
): readonly string[] {
  const { environments } = project;
  if (requested === undefined) return environments.filter((one) => mayRead(principal, one));
  if (!environments.includes(requested)) {
    const known = environments.join(", ");
    throw new HttpError(400, `Cannot use environment: it must be one of ${known}`);
  }
  requirePermission(principal, "read", requested);
  return [requested];
}

function flagIn(name: string | undefined): string | undefined {
  if (name === undefined || isPossibleName(name)) return name;
  throw new HttpError(400, "Cannot use flag: no flag can have this name");
}
