import { Deadline } from "../support/deadline.ts";

// What is awaited takes milliseconds, on a busy machine seconds; this is for what will never come.
const MAX_MS = 20_000;

/** What `promise` becomes, or a failure that says what did not come in time. */
export async function soon<T>(awaited: string, promise: Promise<T>): Promise<T> {
  using deadline = new Deadline(MAX_MS);
  return await deadline.for(awaited, promise);
}
