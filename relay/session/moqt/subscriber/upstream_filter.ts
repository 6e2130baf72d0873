import type { Filter, SetupOptions } from "@qumo/shared/wire";
import type { RequestOptions } from "../../../track/mod.ts";
import { isRelay } from "../connection/relay_peer.ts";

/**
 * The filter that a peer is asked with on behalf of everybody: what is new, as relays may
 * (#subscriber-interactions), and no filter when somebody wants more than that. Only relays of ours are
 * known to send from a location on what they still have, so only they are told where.
 */
export function upstreamFilter(options: RequestOptions, peer: SetupOptions): Filter | undefined {
  if (options.from !== undefined && isRelay(peer)) {
    return { type: "absolute_start", start: options.from };
  }
  return wantsPast(options) ? undefined : { type: "largest_object" };
}

/** Whether somebody wants more of a track than what is new. */
export function wantsPast({ past, from }: RequestOptions): boolean {
  return past === true || from !== undefined;
}
