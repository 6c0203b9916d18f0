/** `GET /v1/overview`: a summary of every flag, and the changes that wait for a review. */
import { setTimeout as pause } from "node:timers/promises";
import type { Snapshot, Timestamp } from "../../../schema/flag/snapshot.ts";
import { overviewOf } from "../../../schema/overview/overview.ts";
import { needsHistory } from "../../../schema/overview/stale.ts";
import { Exclusive } from "../../../store/locks/exclusive.ts";
import type { ProposedChange } from "../../../store/reviews/proposed-change.ts";
import type { PullRequests } from "../../../store/reviews/pull-requests.ts";
import type { FlagStore } from "../../../store/writes/flag-store.ts";
import { mayRead } from "../../auth/permissions.ts";
import type { ConcurrencyLimit } from "../../http/concurrency-limit.ts";
import { type Handler, principalOf } from "../../http/handler.ts";
import { notReady } from "../../http/problem.ts";
import { changeBody, maySee } from "../writes/proposals.ts";
import type { WriteBackends } from "../writes/write-backends.ts";

/** A release flag that is on or off for everyone for longer than this is stale, as in `bunting stale`. */
const staleDays = 40;
/** Maximum time that a request waits for the open proposals. */
const proposalTimeoutMs = 3_000;

export function overviewHandler(
  { store, pulls }: WriteBackends,
  histories: ConcurrencyLimit,
): Handler {
  const toggled = new ToggleTimes(store);
  return async (_request, response) => {
    const principal = principalOf(response);
    const { snapshot } = store.current ?? {};
    if (!snapshot) throw notReady();
    const environments = snapshot.project.environments.filter((one) => mayRead(principal, one));
    const today = new Date().toISOString().slice(0, 10);
    const [times, proposals] = await Promise.all([
      histories.run(principal.id, () => toggled.at(snapshot, today)),
      findProposals(pulls, principal.role === "admin"),
    ]);
    // Stale flags depend on the date, and open proposals on GitHub, so no cache may store the response.
    response.set("Cache-Control", "private, no-store");
    response.json({
      commit: snapshot.commit,
      today,
      environments,
      flags: overviewOf(snapshot, environments, times, today, staleDays),
      proposals: proposals?.filter((one) => maySee(principal, one)).map(changeBody) ?? null,
    });
  };
}

/** `undefined` if they are not known: GitHub does not answer in time. Without GitHub there are none. */
async function findProposals(
  pulls: PullRequests | undefined,
  isPrivileged: boolean,
): Promise<readonly ProposedChange[] | undefined> {
  if (!pulls) return [];
  const found = pulls.findOpenProposals(isPrivileged).catch(() => undefined);
  return Promise.race([found, pause(proposalTimeoutMs, undefined, { ref: false })]);
}

/** By name, for the version of a file. The time is missing if the history does not show it. */
type KnownTimes = Map<string, { readonly version: string; readonly time: Timestamp | undefined }>;

/** When the decision of each flag last changed. A flag is read again only if its file or the project changes. */
class ToggleTimes {
  readonly #store: FlagStore;
  readonly #known = new Exclusive<KnownTimes>(new Map());

  constructor(store: FlagStore) {
    this.#store = store;
  }

  /**
   * The times of the flags whose last change does not show them. Each call waits for the one before, and
   * uses what it read.
   */
  at(snapshot: Snapshot, today: string): Promise<ReadonlyMap<string, Timestamp>> {
    return this.#known.use((known) => this.#read(known, snapshot, today));
  }

  async #read(
    known: KnownTimes,
    { commit, flags, project }: Snapshot,
    today: string,
  ): Promise<Map<string, Timestamp>> {
    const unclear = flags
      .filter((flag) => needsHistory(flag, today, staleDays))
      .map(({ name, object }) => ({ name, version: `${project.object} ${object}` }));
    const changed = unclear
      .filter(({ name, version }) => known.get(name)?.version !== version)
      .map(({ name }) => name);
    const read =
      changed.length > 0 ? await this.#store.history.lastToggled(commit, changed) : undefined;
    const times = unclear.map(({ name, version }) => {
      return { name, version, time: read?.get(name) ?? known.get(name)?.time };
    });
    known.clear();
    for (const { name, version, time } of times) known.set(name, { version, time });
    return new Map(times.flatMap(({ name, time }) => (time ? [[name, time]] : [])));
  }
}
