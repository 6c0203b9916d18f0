import { PushDeclinedError } from "./declined.ts";
import { RemoteRewoundError, RemoteUnavailableError, ShallowRemoteError } from "./remote.ts";

/** A write cannot be made now and may be sent again. `message` says why, for the client. */
export class WriteUnavailableError extends Error {
  override readonly name = "WriteUnavailableError";
  /** Seconds to wait, if known. */
  readonly retryAfter: number | undefined;
  /** Whether the change may have been made. */
  readonly isOutcomeUnknown: boolean;

  constructor(message: string, { retryAfter, isOutcomeUnknown = false, ...options }: Options = {}) {
    super(message, options);
    this.retryAfter = retryAfter;
    this.isOutcomeUnknown = isOutcomeUnknown;
  }
}

interface Options extends ErrorOptions {
  readonly retryAfter?: number | undefined;
  readonly isOutcomeUnknown?: boolean;
}

/** The remote refuses the change. Sending it again does not help. `message` says why, for the client. */
export class WriteDeclinedError extends Error {
  override readonly name = "WriteDeclinedError";
}

/** The error for the client. More is in the store's `health`. */
export function asWriteError(error: unknown): WriteUnavailableError | WriteDeclinedError {
  if (error instanceof WriteUnavailableError || error instanceof WriteDeclinedError) return error;
  const { message } = error as Error;
  if (error instanceof PushDeclinedError)
    return new WriteDeclinedError(message.replace("Cannot push", "Cannot write"));
  if (error instanceof RemoteRewoundError || error instanceof ShallowRemoteError)
    return new WriteUnavailableError(message);
  const who =
    error instanceof RemoteUnavailableError
      ? "remote does not answer"
      : "clone of the flags cannot be used";
  return new WriteUnavailableError(`Cannot write: the ${who}`, { cause: error });
}
