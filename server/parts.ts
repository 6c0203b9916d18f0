import type { Logger } from "pino";
import type { Authenticator } from "./auth/authenticator.ts";
import type { CommitWatch } from "./observe/commit-watch.ts";
import type { ServerMetrics } from "./observe/metrics.ts";
import type { Streams } from "./routes/events/streams.ts";
import type { WaitForVersion } from "./routes/ofrep/catch-up.ts";
import type { Evaluations } from "./routes/ofrep/evaluations.ts";
import type { Evaluator } from "./routes/ofrep/evaluator.ts";
import type { StreamKeys } from "./routes/ofrep/stream-keys.ts";
import type { Responses } from "./routes/reads/responses.ts";
import type { Usage } from "./routes/usage/usage.ts";
import type { WriteBackends } from "./routes/writes/write-backends.ts";
import type { Settings } from "./settings.ts";
import type { StepRunner } from "./step-runner.ts";

/** The parts of the server that handlers use. `createService()` connects them. */
export interface ServerParts {
  readonly settings: Settings;
  readonly backends: WriteBackends;
  readonly responses: Responses;
  readonly evaluations: Evaluations;
  readonly evaluator: Evaluator;
  readonly waitForVersion: WaitForVersion;
  readonly streams: Streams;
  readonly streamKeys: StreamKeys;
  readonly usage: Usage;
  readonly authenticator: Authenticator;
  readonly commits: CommitWatch;
  readonly steps: StepRunner;
  readonly metrics: ServerMetrics;
  readonly log: Logger;
  /** Whether the server is about to stop, so that a load balancer chooses another one. */
  readonly isStopping: () => boolean;
}
