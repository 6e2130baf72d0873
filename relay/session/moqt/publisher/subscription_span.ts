import { messageOf, type Tracing } from "@qumo/shared/runtime";
import { type ControlMessageOf, formatTrackName } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";
import type { SubscriptionEnd } from "../requests/refusals.ts";
import type { Parties } from "../connection/facets.ts";

/** The interfaces that {@linkcode inSpan} uses of its session. */
export type SpanContext = Parties & { readonly id: number; readonly tracing: Tracing };

/** How a request for a track ended; undefined when the subscriber left or the session ended. */
export type Ending = Refusal | SubscriptionEnd | undefined;

// Ends that are not errors.
const BLAMELESS: ReadonlySet<string> = new Set(["ended", "replaced", "expired"]);

/**
 * Serves a subscription within a span of the same duration. It continues the trace of a relay that
 * asks; for a client it belongs to the session's trace. `serve` gets the trace context to pass on
 * upstream.
 */
export async function inSpan(
  { tracing, peer, id }: SpanContext,
  { track, parameters }: ControlMessageOf<"subscribe">,
  serve: (trace: string | undefined) => Promise<Ending>,
): Promise<void> {
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
    const ending = await span.run(() => serve(span.traceparent));
    span.set({ "qumo.outcome": ending?.kind ?? "left" });
    span.end(ending === undefined || BLAMELESS.has(ending.kind) ? undefined : ending.reason);
  } catch (error) {
    span.end(messageOf(error));
    throw error;
  }
}
