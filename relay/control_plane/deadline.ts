import type { Clock } from "@qumo/shared/runtime";

/** A time limit: `signal` is aborted when the time is over, unless cancel() was called before. */
export interface Deadline {
  readonly signal: AbortSignal;
  cancel(): void;
}

/** Starts a time limit; the caller must cancel it when it is no longer needed. */
export function deadlineIn(clock: Clock, milliseconds: number): Deadline {
  const late = new AbortController();
  const timer = clock.after(
    milliseconds,
    () => late.abort(new Error(`no answer within ${milliseconds} ms`)),
  );
  return { signal: late.signal, cancel: () => timer.cancel() };
}
