/** The authority refused something, or its answer is none. */
export class AcmeError extends Error {
  /** How long it wants to be left alone, if it says so. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs?: number) {
    super(message);
    this.retryAfterMs = retryAfterMs;
  }
}
