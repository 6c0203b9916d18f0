import { formatProblem } from "../../schema/problem/problem.ts";
import type { Authenticator } from "../auth/authenticator.ts";
import type { Handler } from "../http/handler.ts";
import type { BackgroundPublisher } from "../publisher.ts";
import type { WriteBackends } from "../routes/writes/write-backends.ts";
import type { CommitWatch } from "./commit-watch.ts";

export interface HealthSources {
  readonly publisher: BackgroundPublisher | undefined;
  readonly backends: WriteBackends;
  readonly authenticator: Authenticator;
  readonly steps: { readonly problem: string | undefined };
  readonly commits: CommitWatch;
  /** Whether the server is about to stop, so that a load balancer chooses another one. */
  readonly isStopping: () => boolean;
}

/** `/healthz`: the process answers. */
export const healthHandler: Handler = (_request, response) => {
  response.set("Cache-Control", "no-store").json({ status: "ok" });
};

/**
 * `/readyz`: whether flags are served. Without a token only the status; with one also which commit is
 * served, how old it is, problems, and warnings that stop nothing. These can name files, remotes and people.
 */
export function readyHandler(sources: HealthSources): Handler {
  return (_request, response) => {
    const degraded = problemsOf(sources);
    const isReady = sources.backends.store.current !== undefined && !sources.isStopping();
    const status = statusOf(sources, degraded);
    response.status(isReady ? 200 : 503).set("Cache-Control", "no-store");
    const isKnown = response.locals.principal !== undefined;
    response.json(
      isKnown
        ? {
            status,
            ...detailsOf(sources),
            degraded,
            warnings: sources.commits.warnings(Date.now()),
          }
        : { status },
    );
  };
}

function statusOf({ backends, isStopping }: HealthSources, degraded: readonly string[]): string {
  if (isStopping()) return "stopping";
  if (!backends.store.current) return "unavailable";
  return degraded.length === 0 ? "ok" : "degraded";
}

function problemsOf({ publisher, backends, authenticator, steps }: HealthSources): string[] {
  const { unreachable, stopped, declined, heldBack, problems } = backends.store.health;
  return [
    unreachable,
    stopped,
    declined,
    heldBack,
    ...problems.map(formatProblem),
    publisher?.status.error,
    publisher?.status.waiting,
    backends.pulls?.problem,
    backends.reviews?.problem,
    steps.problem,
    ...authenticator.problems,
  ].filter((problem) => problem !== undefined);
}

function detailsOf({ backends: { store }, publisher }: HealthSources): object {
  const { syncedAtMs, queued } = store.health;
  const published = publisher?.status;
  return {
    commit: store.current?.snapshot.commit ?? null,
    committed_at: store.current?.snapshot.committed_at ?? null,
    last_sync_seconds: secondsSince(syncedAtMs),
    last_publish_seconds: published ? secondsSince(published.time) : null,
    published_commit: published?.commit ?? null,
    queue: queued,
  };
}

function secondsSince(timeMs: number): number | null {
  return timeMs === 0 ? null : Math.round((Date.now() - timeMs) / 1_000);
}
