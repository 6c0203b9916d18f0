/** The server put together: a store, the API over it, and what goes on in the background. */
import type { Server } from "node:http";
import type { Logger } from "pino";
import { pathOf } from "../schema/compile/urls.ts";
import { fitsNames } from "../schema/flag/name.ts";
import { rootEnvironment } from "../schema/project/project.ts";
import type { Target } from "../store/publish/target.ts";
import type { Repository } from "../store/snapshot/repository.ts";
import type { CurrentRelease } from "../store/writes/branch-sync.ts";
import type { FlagStore } from "../store/writes/flag-store.ts";
import { createApp } from "./app.ts";
import { Authenticator } from "./auth/authenticator.ts";
import { JwtVerifier } from "./auth/jwt.ts";
import { Tokens } from "./auth/tokens.ts";
import { close, createHttpServer } from "./http/http.ts";
import { originForm } from "./http/target.ts";
import { Metrics } from "./observe/metrics.ts";
import { BackgroundPublisher } from "./publisher.ts";
import { Streams } from "./routes/events/streams.ts";
import { HotReads } from "./routes/reads/fast-reads.ts";
import { Responses } from "./routes/reads/responses.ts";
import { Usage } from "./routes/usage/usage.ts";
import { createWriteBackends } from "./routes/writes/write-backends.ts";
import type { Settings } from "./settings.ts";

/** How often to look for broken glass that nobody was told of, in milliseconds. */
const lookInterval = 600_000;

export interface Service {
  readonly server: Server;
  /** Finishes what was begun, writes included, and ends. */
  close(): Promise<void>;
}

export function createService(
  settings: Settings & { readonly tokens: string },
  store: FlagStore,
  repository: Repository,
  target: Target | undefined,
  log: Logger,
): Service {
  const tokens = new Tokens(settings.tokens, (error) => log.error({ err: error }, "tokens"));
  const authenticator = new Authenticator(tokens, settings.oidc && new JwtVerifier(settings.oidc));
  const responses = new Responses();
  const isGood = (token: string | undefined) => authenticator.recognize(token) !== undefined;
  const streams = new Streams(responses, isGood);
  const usage = new Usage(
    (name) => responses.has(pathOf(responses, rootEnvironment(responses), name)),
    (name) => fitsNames(name, store.project),
  );
  const publisher = target && new BackgroundPublisher(target, repository);
  const places = createWriteBackends(settings, store, publisher, log);
  const { reviews } = places;
  const metrics = new Metrics(store, streams, usage, publisher, reviews);

  const serve = (current: CurrentRelease) => {
    responses.serve(current.release);
    void streams.announce(current.snapshot.commit);
    publisher?.publish(current);
  };
  if (store.current) serve(store.current);
  store.onChange((serving) => {
    serve(serving);
    const { commit, flags } = serving.snapshot;
    log.info({ commit, flags: flags.length }, "serving");
  });

  const app = createApp({
    settings,
    places,
    responses,
    streams,
    usage,
    authenticator,
    publisher,
    metrics,
    log,
  });
  const { requests } = metrics;
  const hot = new HotReads(responses, streams, authenticator, requests, settings.origins);
  const server = createHttpServer(app, (request, response) => {
    if (hot.answer(request, response)) return;
    request.url = originForm(request.url);
    app(request, response);
  });
  const poll = repeat(settings.pollSeconds * 1_000, () =>
    store.sync().catch((error) => log.error({ err: error }, "sync")),
  );
  const look = repeat(lookInterval, async () => reviews?.look());
  reviews?.look();
  return {
    server,
    async close() {
      poll.stop();
      look.stop();
      streams.close();
      await close(server);
      await reviews?.close();
      await store.close();
      await publisher?.close();
    },
  };
}

/** Works again and again, with a pause of so many milliseconds after each time. */
function repeat(pause: number, work: () => Promise<void>): { stop(): void } {
  let timer: NodeJS.Timeout | undefined;
  let isStopped = false;
  const wait = () => {
    if (!isStopped) timer = setTimeout(() => void work().then(wait), pause);
  };
  wait();
  return {
    stop() {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
