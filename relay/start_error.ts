/** The relay cannot start; the message says why in words for an operator. */
export class StartError extends Error {
  override readonly name = "StartError";
}
