import type { Clock } from "@qumo/shared/runtime";

/** A time limit: `signal` is aborted when it is over, unless it was cancelled before. */
export interface Deadline {
  readonly signal: AbortSignal;
  cancel(): void;
}

/** Begins a time limit; whoever began it cancels it when it is not needed any more. */
export function deadlineIn(clock: Clock, milliseconds: number): Deadline {
  const late = new AbortController();
  const timer = clock.after(
    milliseconds,
    () => late.abort(new Error(`no answer within ${milliseconds} ms`)),
  );
  return { signal: late.signal, cancel: () => timer.cancel() };
}
