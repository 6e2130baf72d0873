import { Backoff, type Clock, type Log, messageOf, sleep, StartError } from "@qumo/shared/runtime";

/** The first wait for a store that is away, and the longest. */
const FIRST_WAIT_MS = 500;
const MAX_WAIT_MS = 10_000;

/** Between two lines of the log that say the same: an outage of a night is some hundred lines. */
const SAY_EVERY_MS = 60_000;

/** What it takes to wait for a store. */
export interface Waiting {
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/**
 * Reads a store that may be away, again and again until it can be read: a supervisor that starts the
 * program anew would give up. Resolves with undefined when it was told to end; rejects with a
 * StartError where waiting is of no use.
 */
export async function waitForStore<T>(
  read: () => Promise<T>,
  { clock, log, random, signal }: Waiting,
): Promise<T | undefined> {
  const backoff = new Backoff(
    { first: FIRST_WAIT_MS, cap: MAX_WAIT_MS, healthyAfter: 0, random },
    clock,
  );
  const since = clock.now();
  let said: number | undefined;
  for (let attempt = 1; !signal.aborted; attempt++) {
    try {
      const result = await read();
      if (said !== undefined) log.info("store available", { after_ms: clock.now() - since });
      return result;
    } catch (error) {
      if (error instanceof StartError || signal.aborted) throw error;
      if (said === undefined || clock.now() - said >= SAY_EVERY_MS) {
        log.warn("cannot read the store, not ready: retrying", {
          error: messageOf(error),
          attempt,
          waited_ms: clock.now() - since,
        });
        said = clock.now();
      }
      await sleep(clock, backoff.failed(), signal);
    }
  }
  return undefined;
}
