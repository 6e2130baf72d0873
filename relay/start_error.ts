/** The relay cannot start; the message says why in words for an operator. */
export class StartError extends Error {
  override readonly name = "StartError";
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
