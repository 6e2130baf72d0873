import type { ControlMessageOf, DoneName, SetupOptions } from "@qumo/shared/wire";
import type { Refusal, TrackEnd } from "../../../track/mod.ts";
import type { RefusalKind, TrackEndKind, UpstreamOutcome } from "../../../vocabulary/mod.ts";
import { isRelay } from "../connection/relay_peer.ts";

/** Why a served subscription ends. */
export interface SubscriptionEnd {
  readonly kind: TrackEndKind | "too_far_behind";
  readonly reason: string;
}

const DONE: Record<SubscriptionEnd["kind"], DoneName> = {
  ended: "track_ended",
  lost: "internal_error",
  // The track continues: a subscriber that took this for its end would not subscribe again.
  replaced: "internal_error",
  malformed: "malformed_track",
  going_away: "going_away",
  expired: "expired",
  unauthorized: "unauthorized",
  excessive_load: "excessive_load",
  internal_error: "internal_error",
  too_far_behind: "too_far_behind",
  update_failed: "update_failed",
};

const ENDS: Partial<Record<DoneName, TrackEndKind>> = {
  unauthorized: "unauthorized",
  track_ended: "ended",
  subscription_ended: "ended",
  going_away: "going_away",
  expired: "expired",
  update_failed: "update_failed",
  excessive_load: "excessive_load",
  malformed_track: "malformed",
  replaced: "replaced",
};

/** A refusal as REQUEST_ERROR. */
export function requestError(refusal: Refusal): ControlMessageOf<"requestError"> {
  const { kind, reason, retryAfter } = refusal;
  return {
    kind: "requestError",
    code: kind,
    retryAfter: retryAfter === undefined ? 0n : BigInt(Math.round(retryAfter)) + 1n,
    reason,
  };
}

/** The refusal in a peer's REQUEST_ERROR; an unknown code is an internal error. */
export function refusalOf(error: ControlMessageOf<"requestError">): Refusal {
  const { code, reason, retryAfter } = error;
  const kind: RefusalKind = code === "unknown" || code === "redirect" ? "internal_error" : code;
  if (retryAfter === 0n) return { kind, reason };
  // No retry is useful after a longer delay.
  return { kind, reason, retryAfter: Math.min(Number(retryAfter - 1n), Number.MAX_SAFE_INTEGER) };
}

/** The metrics label of a peer's REQUEST_ERROR. */
export function outcomeOf({ code }: ControlMessageOf<"requestError">): UpstreamOutcome {
  return code === "unknown" ? "other" : code;
}

/** The end of a subscription as PUBLISH_DONE. */
export function publishDone(
  end: SubscriptionEnd,
  streams: number,
  peer: SetupOptions,
): ControlMessageOf<"publishDone"> {
  return {
    kind: "publishDone",
    // The drafts have no code for a takeover; relays have one of their own.
    code: end.kind === "replaced" && isRelay(peer) ? "replaced" : DONE[end.kind],
    streamCount: BigInt(streams),
    reason: end.reason,
  };
}

/** The end in a peer's PUBLISH_DONE; an unknown code is an internal error. */
export function trackEndOf({ code, reason }: ControlMessageOf<"publishDone">): TrackEnd {
  const kind = code === "unknown" ? undefined : ENDS[code];
  return { kind: kind ?? "internal_error", reason };
}
