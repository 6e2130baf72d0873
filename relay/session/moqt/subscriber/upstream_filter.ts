import type { Filter, SetupOptions } from "@qumo/shared/wire";
import type { RequestOptions } from "../../../track/mod.ts";
import { isRelay } from "../connection/relay_peer.ts";

/**
 * The filter of a SUBSCRIBE on behalf of all subscribers: new objects only, as relays may request
 * (#subscriber-interactions), or no filter when a subscriber wants more. Only relays of the mesh
 * get a start location, because only they are known to serve it from their caches.
 */
export function upstreamFilter(options: RequestOptions, peer: SetupOptions): Filter | undefined {
  if (options.from !== undefined && isRelay(peer)) {
    return { type: "absolute_start", start: options.from };
  }
  return wantsPast(options) ? undefined : { type: "largest_object" };
}

/** Whether a subscriber wants objects of the past. */
export function wantsPast({ past, from }: RequestOptions): boolean {
  return past === true || from !== undefined;
}
