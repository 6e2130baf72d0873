import { messageOf, type Outcome, type Span, type Tracing } from "@qumo/shared/runtime";
import { type ControlMessageOf, formatTrackName } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";
import type { SubscriptionEnd } from "../requests/refusals.ts";
import type { Parties } from "../connection/facets.ts";

/** The interfaces that {@linkcode inSpan} uses of its session. */
export type SpanContext = Parties & { readonly id: number; readonly tracing: Tracing };

/** A subscription that is served until it ends; without an end when the subscriber left, or its session ended. */
export interface Served {
  readonly ended: Promise<SubscriptionEnd | undefined>;
}

/** What became of a request for a track. */
export type Answered = Outcome<Served, Refusal>;

// Ends that are not errors.
const BLAMELESS: ReadonlySet<string> = new Set(["ended", "replaced", "expired"]);

/**
 * Serves a subscription in a span that is as long. It goes on with the trace of the relay that asks;
 * a client's belongs to its session. `serve` is told what to hand on to whoever is asked for the track.
 */
export async function inSpan(
  { tracing, peer, id }: SpanContext,
  { track, parameters }: ControlMessageOf<"subscribe">,
  serve: (trace: string | undefined) => Promise<Answered>,
): Promise<Answered> {
  const span = tracing.start("moqt subscription", {
    kind: "server",
    parent: parameters.meshTrace,
    attributes: {
      "qumo.track": formatTrackName(track),
      "qumo.scope": parameters.meshScope,
      "qumo.session": id,
      "qumo.peer.relay": peer.relayName,
    },
  });
  try {
    const answered = await span.run(() => serve(span.traceparent));
    if (answered.ok) void answered.value.ended.then((end) => finish(span, end));
    else finish(span, answered.refusal);
    return answered;
  } catch (error) {
    span.end(messageOf(error));
    throw error;
  }
}

function finish(span: Span, end: SubscriptionEnd | Refusal | undefined): void {
  span.set({ "qumo.outcome": end?.kind ?? "left" });
  span.end(end === undefined || BLAMELESS.has(end.kind) ? undefined : end.reason);
}
