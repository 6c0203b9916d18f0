import type { Logger } from "pino";
import { GitHub } from "../../../store/github/github.ts";
import { PullRequests } from "../../../store/reviews/pull-requests.ts";
import { Reviews } from "../../../store/reviews/reviews.ts";
import type { FlagStore } from "../../../store/writes/flag-store.ts";
import type { BackgroundPublisher } from "../../publisher.ts";
import type { Settings } from "../../settings.ts";

/** The destinations of changes: the branch, a pull request, or the branch with a review afterwards. */
export interface WriteBackends {
  readonly store: FlagStore;
  /** Missing if no GitHub is configured. */
  readonly pulls: PullRequests | undefined;
  readonly reviews: Reviews | undefined;
  /** `undefined` if this server does not publish. */
  readonly publisher: BackgroundPublisher | undefined;
}

export function createWriteBackends(
  { github: options, branch }: Settings,
  store: FlagStore,
  publisher: BackgroundPublisher | undefined,
  log: Logger,
): WriteBackends {
  store.onDecline.add((reason) => log.error({ reason }, "push declined"));
  if (!options) return { store, pulls: undefined, reviews: undefined, publisher };
  const github = new GitHub(options, (note) => log.warn({ note }, "github"));
  const reviews = new Reviews(store, github, (event) => {
    if ("error" in event) log.warn({ audit: true, ...event }, "review not open yet");
    else log.info({ audit: true, ...event }, "review open");
  });
  return { store, pulls: new PullRequests(store, github, branch), reviews, publisher };
}
