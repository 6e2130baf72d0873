import type { LocationRange, PastSource, Track } from "../../../track/mod.ts";
import { DEFAULT_FILL_TIMEOUT_MS } from "../../limits.ts";
import type { Configured, Timing } from "../connection/facets.ts";
import type { FetchDelivery } from "./fetch_delivery.ts";

/** Past objects to send. */
export interface PastObjects {
  readonly track: Track;
  readonly range: LocationRange;
  /** Who has what is not cached. */
  readonly publisher: PastSource | undefined;
  /** For how many milliseconds the publisher may be waited for; undefined for our own limit. */
  readonly fillTimeout: bigint | undefined;
}

/**
 * Sends past objects from the cache, and what is not there from a publisher, as long as that may be
 * waited for (#fill-timeout).
 */
export async function deliverInTime(
  { clock, settings }: Timing & Configured,
  delivery: FetchDelivery,
  { track, range, publisher, fillTimeout }: PastObjects,
): Promise<void> {
  const budget = fillTimeout === undefined ? DEFAULT_FILL_TIMEOUT_MS : Number(fillTimeout);
  const wait = Math.min(budget, settings.requestTimeoutMs);
  if (budget === 0) delivery.stopFilling();
  const timer = clock.after(wait, () => delivery.stopFilling());
  try {
    await delivery.fromCache(track, range, publisher);
  } finally {
    timer.cancel();
  }
}
