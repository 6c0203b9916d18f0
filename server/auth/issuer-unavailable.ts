/** The keys that a token needs cannot be read now, so it is unknown whether the token is valid. */
export class IssuerUnavailableError extends Error {
  override readonly name = "IssuerUnavailableError";
  /** In seconds. */
  readonly retryAfter: number;

  constructor(message: string, retryAfter: number) {
    super(message);
    this.retryAfter = retryAfter;
  }
}
