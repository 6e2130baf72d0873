/** A program cannot start; the message says why in words for an operator. */
export class StartError extends Error {
  override readonly name = "StartError";
  /** The key of the configuration at fault, if there is one. */
  readonly key: string | undefined;

  constructor(message: string, key?: string) {
    super(message);
    this.key = key;
  }
}
