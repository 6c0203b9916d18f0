import { formatProblem } from "../../schema/problem/problem.ts";
import type { Handler } from "../http/handler.ts";
import type { ServerParts } from "../parts.ts";

type Parts = Pick<ServerParts, "backends" | "authenticator" | "steps" | "commits" | "isStopping">;

/** `/healthz`: the process answers. */
export const healthHandler: Handler = (_request, response) => {
  response.set("Cache-Control", "no-store").json({ status: "ok" });
};

/**
 * `/readyz`: whether flags are served. Without a token only the status; with one also which commit is
 * served, how old it is, problems, and warnings that stop nothing. These can name files, remotes and people.
 */
export function readyHandler(parts: Parts): Handler {
  return (_request, response) => {
    const degraded = problemsOf(parts);
    const isReady = parts.backends.store.current !== undefined && !parts.isStopping();
    const status = statusOf(parts, degraded);
    response.status(isReady ? 200 : 503).set("Cache-Control", "no-store");
    if (response.locals.principal === undefined) return response.json({ status });
    const warnings = parts.commits.warnings(Date.now());
    response.json({ status, ...detailsOf(parts), degraded, warnings });
  };
}

function statusOf({ backends, isStopping }: Parts, degraded: readonly string[]): string {
  if (isStopping()) return "stopping";
  if (!backends.store.current) return "unavailable";
  return degraded.length === 0 ? "ok" : "degraded";
}

function problemsOf({ backends, authenticator, steps }: Parts): string[] {
  const { publisher, pulls, reviews } = backends;
  const { unreachable, stopped, declined, heldBack, problems } = backends.store.health;
  return [
    unreachable,
    stopped,
    declined,
    heldBack,
    ...problems.map(formatProblem),
    publisher?.status.error,
    publisher?.status.waiting,
    pulls?.problem,
    reviews?.problem,
    steps.problem,
    ...authenticator.problems,
  ].filter((problem) => problem !== undefined);
}

function detailsOf({ backends: { store, publisher } }: Parts): object {
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
