import type { LiteTrack } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";
import { LITE_MAX_AGE_MS } from "../../limits.ts";
import type { LiteContext } from "../context.ts";
import { trackInfoOf } from "../dialect/track_info.ts";
import { trackNameOf } from "../dialect/names.ts";
import type { LiteStream } from "../lite_stream.ts";

/** What {@linkcode serveTrackInfo} uses of its session. */
export type TrackInfoContext = Pick<LiteContext, "version" | "scope" | "metrics" | "authorize">;

/**
 * Answers what a track is like. A publisher says so when it is asked for the track, so that is
 * opened; the SUBSCRIBE that usually comes at the same time finds it open.
 */
export async function serveTrackInfo(
  { version, scope, metrics, authorize }: TrackInfoContext,
  stream: LiteStream,
  message: LiteTrack,
): Promise<Refusal | undefined> {
  const name = trackNameOf(message.broadcast, message.track);
  if (name === undefined) return { kind: "does_not_exist", reason: "no track can have this name" };
  const allowed = await authorize("track_status", { namespace: name.namespace, track: name });
  if (!allowed.ok) return allowed.refusal;
  const gone = new AbortController();
  stream.onStopped(() => gone.abort());
  const opened = await scope.open(name, { rendezvous: 0, forward: true, signal: gone.signal });
  if (!opened.ok) return opened.refusal;
  metrics.requests.track_status.ok++;
  const info = trackInfoOf(opened.value.track.properties, BigInt(LITE_MAX_AGE_MS));
  stream.send(version.messages.trackInfo!.encode(info));
  stream.finish();
  opened.value.demand.release();
  return undefined;
}
