import type { Hops, RouteCost } from "./messages.ts";
import type { Layout } from "./layout.ts";

/** What a publisher says on an announce stream, in whichever version. */
export type AnnounceEvent =
  /** The first thing that is said, where the version has it. */
  | {
    readonly kind: "ok";
    /** The publisher's hop id; 0 when it names none. */
    readonly hop: bigint;
    /** So many announcements follow at once. */
    readonly active: number;
  }
  /** There is a route, or it has changed. */
  | {
    readonly kind: "start" | "update";
    /** What follows the prefix that was asked for. */
    readonly suffix: string;
    /** The whole path, the publisher who says it last. */
    readonly hops: Hops;
    readonly cost: RouteCost;
  }
  /** The route is gone. */
  | { readonly kind: "end"; readonly suffix: string };

/**
 * Reads one announce stream. It knows which routes there are, so that a version's numbers and
 * suffixes come out as the same.
 */
export interface AnnounceReader {
  /** The layout of the next message. */
  readonly layout: Layout<unknown>;
  /**
   * What the next message says.
   *
   * @throws {DecodeError} when it is malformed, or contradicts what came before.
   */
  decode(type: bigint | undefined, body: Uint8Array): AnnounceEvent;
}

/** Writes one announce stream. The routes are told apart by their suffixes. */
export interface AnnounceWriter {
  /** What the stream begins with; `active` announcements follow at once. */
  ok(active: number): Uint8Array;
  /** A route; `hops` are without the writer's own. */
  start(suffix: string, hops: Hops, cost: RouteCost): Uint8Array;
  /** The route of this suffix, which was started, has changed. */
  update(suffix: string, hops: Hops, cost: RouteCost): Uint8Array;
  /** The route of this suffix, which was started, is gone. */
  end(suffix: string): Uint8Array;
}

/** The largest cost, which is also that of a version that tells none (06, "ANNOUNCE_START"). */
export const MAX_ROUTE_COST = 2n ** 62n - 1n;

/** The cost in versions that count hops alone: one for each, and what is not told ranks last. */
export function costOfHops(hops: Hops): RouteCost {
  return { warm: BigInt(hops.length), cold: MAX_ROUTE_COST };
}
