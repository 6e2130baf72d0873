import type { ControlMessageOf, DoneName, SetupOptions } from "@qumo/shared/wire";
import type { Refusal, TrackEnd } from "../../../track/mod.ts";
import type { RefusalKind, TrackEndKind, UpstreamOutcome } from "../../../vocabulary.ts";
import { isRelay } from "../connection/relay_peer.ts";

/** Why a subscription that we serve ends: with its track, or by itself. */
export interface SubscriptionEnd {
  readonly kind: TrackEndKind | "too_far_behind";
  readonly reason: string;
}

const DONE: Record<SubscriptionEnd["kind"], DoneName> = {
  ended: "track_ended",
  lost: "internal_error",
  // The track goes on: who took this for its end would not come back.
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

/** A refusal as a REQUEST_ERROR. */
export function requestError(refusal: Refusal): ControlMessageOf<"requestError"> {
  const { kind, reason, retryAfter } = refusal;
  return {
    kind: "requestError",
    code: kind,
    retryAfter: retryAfter === undefined ? 0n : BigInt(Math.round(retryAfter)) + 1n,
    reason,
  };
}

/** What a peer's REQUEST_ERROR means; a code that nobody knows is an internal error. */
export function refusalOf(error: ControlMessageOf<"requestError">): Refusal {
  const { code, reason, retryAfter } = error;
  const kind: RefusalKind = code === "unknown" || code === "redirect" ? "internal_error" : code;
  if (retryAfter === 0n) return { kind, reason };
  // Longer than that nobody waits.
  return { kind, reason, retryAfter: Math.min(Number(retryAfter - 1n), Number.MAX_SAFE_INTEGER) };
}

/** The word that the metrics have for a peer's REQUEST_ERROR. */
export function outcomeOf({ code }: ControlMessageOf<"requestError">): UpstreamOutcome {
  return code === "unknown" ? "other" : code;
}

/** A subscription's end as a PUBLISH_DONE. */
export function publishDone(
  end: SubscriptionEnd,
  streams: number,
  peer: SetupOptions,
): ControlMessageOf<"publishDone"> {
  return {
    kind: "publishDone",
    // Other relays are told what no code of the drafts says.
    code: end.kind === "replaced" && isRelay(peer) ? "replaced" : DONE[end.kind],
    streamCount: BigInt(streams),
    reason: end.reason,
  };
}

/** What a peer's PUBLISH_DONE means; a code that nobody knows is an internal error. */
export function trackEndOf({ code, reason }: ControlMessageOf<"publishDone">): TrackEnd {
  const kind = code === "unknown" ? undefined : ENDS[code];
  return { kind: kind ?? "internal_error", reason };
}
