import { messageOf, type Outcome, type Tracing } from "@qumo/shared/runtime";
import { type ControlMessageOf, formatTrackName } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";
import type { SubscriptionEnd } from "../requests/refusals.ts";
import type { Parties } from "../connection/facets.ts";

/** The interfaces that {@linkcode inSpan} uses of its session. */
export type SpanContext = Parties & { readonly id: number; readonly tracing: Tracing };

/** How a request for a track came to its end; done without an end when the subscriber left, or its session ended. */
export type Ending = Outcome<SubscriptionEnd | undefined, Refusal>;

// Ends that are not errors.
const BLAMELESS: ReadonlySet<string> = new Set(["ended", "replaced", "expired"]);

/**
 * Serves a subscription in a span that is as long. It goes on with the trace of the relay that asks;
 * a client's belongs to its session. `serve` is told what to hand on to whoever is asked for the track.
 * Resolves with the refusal of what was not served.
 */
export async function inSpan(
  { tracing, peer, id }: SpanContext,
  { track, parameters }: ControlMessageOf<"subscribe">,
  serve: (trace: string | undefined) => Promise<Ending>,
): Promise<Refusal | undefined> {
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
    const outcome = await span.run(() => serve(span.traceparent));
    const ending = outcome.ok ? outcome.value : outcome.refusal;
    span.set({ "qumo.outcome": ending?.kind ?? "left" });
    span.end(ending === undefined || BLAMELESS.has(ending.kind) ? undefined : ending.reason);
    return outcome.ok ? undefined : outcome.refusal;
  } catch (error) {
    span.end(messageOf(error));
    throw error;
  }
}
