/** Connects the parts of the server: the store, the API over it, and the work in the background. */
import type { Server } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { Logger } from "pino";
import { compileUnpublished } from "../schema/compile/compile.ts";
import { fitsNames } from "../schema/flag/name.ts";
import { findFlag } from "../schema/flag/snapshot.ts";
import { type CurrentRelease, servedIdOf } from "../store/branch/held-removals.ts";
import { readCommitFacts } from "../store/history/commit-facts.ts";
import { applySteps } from "../store/schedule/apply-steps.ts";
import type { Target } from "../store/target/target.ts";
import type { FlagStore } from "../store/writes/flag-store.ts";
import { createApp } from "./app.ts";
import { Authenticator } from "./auth/authenticator.ts";
import { JwtVerifier } from "./auth/jwt.ts";
import { mayRead } from "./auth/permissions.ts";
import { Tokens } from "./auth/tokens.ts";
import { close, createHttpServer } from "./http/http-server.ts";
import { originForm } from "./http/request-target.ts";
import { writeLog } from "./observe/audit.ts";
import { CommitWatch } from "./observe/commit-watch.ts";
import { ServerMetrics } from "./observe/metrics.ts";
import { reportStep } from "./observe/observe.ts";
import { environmentOf } from "./openapi/path-template.ts";
import type { ServerParts } from "./parts.ts";
import { BackgroundPublisher } from "./publisher.ts";
import { repeat } from "./repeat.ts";
import { Streams } from "./routes/events/streams.ts";
import { catchUp } from "./routes/ofrep/catch-up.ts";
import { Evaluations } from "./routes/ofrep/evaluations.ts";
import { Evaluator } from "./routes/ofrep/evaluator.ts";
import { refetchEvents } from "./routes/ofrep/event-streams.ts";
import { FastEvaluations } from "./routes/ofrep/fast-evaluations.ts";
import { StreamKeys } from "./routes/ofrep/stream-keys.ts";
import { FastReads } from "./routes/reads/fast-reads.ts";
import { listEvents } from "./routes/reads/list-events.ts";
import { Responses } from "./routes/reads/responses.ts";
import { Usage } from "./routes/usage/usage.ts";
import { createWriteBackends } from "./routes/writes/write-backends.ts";
import type { Settings } from "./settings.ts";
import { StepRunner } from "./step-runner.ts";

/** Interval of the search for emergency changes without a review. */
const reviewIntervalMs = 600_000;

export interface Service {
  readonly server: Server;
  /**
   * Stops: `/readyz` says so at once, and requests are answered for at least `drainMs` and until work in
   * progress has ended, so that a load balancer has time to send clients elsewhere. Then it closes.
   */
  close(drainMs?: number): Promise<void>;
}

export function createService(
  settings: Settings,
  store: FlagStore,
  target: Target | undefined,
  log: Logger,
): Service {
  let isStopping = false;
  const { repository } = store;
  const authenticator = createAuthenticator(settings, log);
  const responses = new Responses();
  const streamKeys = new StreamKeys(settings.commitKeys);
  const evaluations = new Evaluations((text) => streamKeys.sign(text));
  const makeListEvent = listEvents(responses);
  const makeRefetchEvent = refetchEvents(evaluations);
  const streams = new Streams(
    (path, commit) => makeRefetchEvent(path, commit) ?? makeListEvent(path, commit),
    ({ authorization, path }) =>
      mayContinue(authenticator, authorization, environmentOf(responses, path)),
    ({ requestId, path, owner }) =>
      writeLog(log, { requestId, method: "GET", path, route: path, status: 200, actor: owner }),
  );
  const usage = new Usage(
    (name) => findFlag(store.current?.served.snapshot.flags ?? [], name) !== undefined,
    (name) => fitsNames(name, store.project),
  );
  const publisher = target && new BackgroundPublisher(target, repository);
  const backends = createWriteBackends(settings, store, publisher, log);
  const { reviews } = backends;
  const commits = new CommitWatch((commit) => readCommitFacts(repository.directory, commit));

  const serve = (current: CurrentRelease) => {
    const { release, snapshot } = current.served;
    responses.serve(release, (path) => compileUnpublished(snapshot, path));
    evaluations.serve(snapshot);
    void commits.update(snapshot.commit);
    void streams.announce(servedIdOf(current));
    publisher?.publish(current);
  };
  if (store.current) serve(store.current);
  store.onChange.add((current) => {
    serve(current);
    const { commit, flags } = current.snapshot;
    log.info({ commit, flags: flags.length }, "serving");
  });

  const steps = new StepRunner({
    store,
    apply: (due) => applySteps(store, repository.directory, due),
    onResult: (result) => reportStep(metrics, log, result),
    log,
  });
  const metrics = new ServerMetrics({ backends, streams, usage, steps });

  const parts: ServerParts = {
    settings,
    backends,
    responses,
    evaluations,
    evaluator: new Evaluator(evaluations, streamKeys, usage),
    waitForVersion: catchUp(evaluations, () => store.sync()),
    streams,
    streamKeys,
    usage,
    authenticator,
    commits,
    steps,
    metrics,
    log,
    isStopping: () => isStopping,
  };
  const app = createApp(parts);
  const fastReads = new FastReads(parts);
  const fastEvaluations = new FastEvaluations(parts);
  const server = createHttpServer((request, response) => {
    // The client's next request then goes to another server.
    if (isStopping) response.shouldKeepAlive = false;
    if (fastReads.answer(request, response)) return;
    if (fastEvaluations.answer(request, response)) return;
    request.url = originForm(request.url);
    app(request, response);
  });
  const poll = repeat(settings.pollSeconds * 1_000, () =>
    store.sync().catch((error) => log.error({ err: error }, "sync")),
  );
  const review = repeat(reviewIntervalMs, async () => reviews?.check());
  reviews?.check();
  return {
    server,
    async close(drainMs = 0) {
      isStopping = true;
      poll.stop();
      review.stop();
      streams.close();
      await Promise.all([steps.close(), store.close(), reviews?.close(), pause(drainMs)]);
      await close(server);
      await publisher?.close();
    },
  };
}

function createAuthenticator(settings: Settings, log: Logger): Authenticator {
  const { tokens: file, oidc } = settings;
  const logTo = (name: string) => (problem: string) => log.error({ problem }, name);
  return new Authenticator(
    file === undefined ? undefined : new Tokens(file, logTo("tokens file")),
    oidc && new JwtVerifier(oidc, logTo("signing keys")),
  );
}

/** The check of a stream before each event. It also ends if the issuer does not answer, because the token cannot be verified. */
function mayContinue(
  authenticator: Authenticator,
  authorization: string | undefined,
  environment: string,
): boolean | Promise<boolean> {
  const known = authenticator.recognize(authorization);
  if (known) return mayRead(known, environment);
  return authenticator.authenticate(authorization).then(
    (result) => "principal" in result && mayRead(result.principal, environment),
    () => false,
  );
}
