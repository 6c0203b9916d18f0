import type { RequestHandler } from "express";
import { formatProblem } from "../../schema/problem/problem.ts";
import type { FlagStore } from "../../store/writes/flag-store.ts";
import type { BackgroundPublisher } from "../publisher.ts";
import type { WriteBackends } from "../routes/writes/write-backends.ts";

/** `/healthz`: the process answers. */
export const healthHandler: RequestHandler = (_request, response) => {
  response.set("Cache-Control", "no-store").json({ status: "ok" });
};

/** `/readyz`: flags are served; which, how fresh they are, and what is not as it should be. */
export function readyHandler(
  store: FlagStore,
  publisher: BackgroundPublisher | undefined,
  { pulls, reviews }: Pick<WriteBackends, "pulls" | "reviews">,
): RequestHandler {
  return (_request, response) => {
    const { current, health } = store;
    const { syncedAtMs, unreachable, stopped, problems, queued } = health;
    const published = publisher?.status;
    const reasons = [
      unreachable,
      stopped,
      ...problems.map(formatProblem),
      published?.error,
      published?.waiting,
      pulls?.trouble,
      reviews?.trouble,
    ];
    const degraded = reasons.filter((reason): reason is string => reason !== undefined);
    const age = (time: number) => (time === 0 ? null : Math.round((Date.now() - time) / 1_000));
    response.status(current ? 200 : 503).set("Cache-Control", "no-store");
    response.json({
      status: current ? (degraded.length === 0 ? "ok" : "degraded") : "unavailable",
      commit: current?.snapshot.commit ?? null,
      committed_at: current?.snapshot.committed_at ?? null,
      last_sync_seconds: age(syncedAtMs),
      last_publish_seconds: published ? age(published.time) : null,
      published_commit: published?.commit ?? null,
      queue: queued,
      degraded,
    });
  };
}
