/** The message of an error, or the text of any other thrown value. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Why a `fetch` failed, without its URL: it says "fetch failed" and keeps the reason in the cause. */
export function fetchFailure(error: unknown): string {
  const cause = error instanceof Error ? error.cause ?? error : error;
  return messageOf(cause).replace(/^error sending request .*client error \(\w+\): /, "");
}
