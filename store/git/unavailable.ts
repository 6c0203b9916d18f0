import { RemoteUnavailableError } from "./remote.ts";
import { RemoteRewoundError } from "./remote-branch.ts";

/** A write could not be done now, and may be sent again: `message` says why, for the client. */
export class WriteUnavailableError extends Error {
  override readonly name = "WriteUnavailableError";
  /** In how many seconds, where that is known. */
  readonly retryAfter: number | undefined;

  constructor(
    message: string,
    { retryAfter, ...options }: ErrorOptions & { retryAfter?: number | undefined } = {},
  ) {
    super(message, options);
    this.retryAfter = retryAfter;
  }
}

/** What a client may know. The rest is in the store's `condition`. */
export function asUnavailable(error: unknown): WriteUnavailableError {
  if (error instanceof WriteUnavailableError) return error;
  const { message } = error as Error;
  if (error instanceof RemoteRewoundError) return new WriteUnavailableError(message);
  const who =
    error instanceof RemoteUnavailableError
      ? "remote does not answer"
      : "clone of the flags cannot be used";
  return new WriteUnavailableError(`Cannot write: the ${who}`, { cause: error });
}
