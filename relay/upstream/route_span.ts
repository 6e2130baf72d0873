import type { Span, Tracing } from "@qumo/shared/runtime";
import { formatTrackName } from "@qumo/shared/wire";
import type { Refusal, TrackEnd } from "../track/mod.ts";
import type { RemoteTrack } from "./directory.ts";
import type { UpstreamSubscription } from "./upstream_subscription.ts";
import type { RerouteReason } from "../vocabulary/mod.ts";

// Endings that are not errors.
const BLAMELESS: ReadonlySet<string> = new Set(["ended", "replaced", "going_away"]);

/**
 * The trace span of a subscription to a remote track: from when the track is wanted until it is
 * not, whatever its routes. It belongs to the trace of the first request.
 */
export class RouteSpan {
  readonly #tracing: Tracing;
  readonly #track: RemoteTrack;
  readonly #parent: string | undefined;
  #span: Span | undefined;
  #reroutes = 0;

  constructor(tracing: Tracing, track: RemoteTrack, parent: string | undefined) {
    this.#tracing = tracing;
    this.#track = track;
    this.#parent = parent;
  }

  /** The trace context that is sent to neighbors. */
  get traceparent(): string | undefined {
    return this.#span?.traceparent;
  }

  /** The track is wanted: starts a span, unless there is one. */
  begin(): void {
    const { scope, name } = this.#track;
    this.#span ??= this.#tracing.start("upstream subscription", {
      kind: "client",
      parent: this.#parent,
      attributes: {
        "qumo.track": formatTrackName(name),
        "qumo.scope": scope === "" ? undefined : scope,
      },
    });
  }

  /** Runs `work` in the span, so that its log lines belong to the trace. */
  run<T>(work: () => T): T {
    return this.#span === undefined ? work() : this.#span.run(work);
  }

  /** The track comes from this subscription from now on. */
  use({ route, path }: UpstreamSubscription): void {
    this.#span?.set({
      "qumo.neighbor": route.link.peerName ?? route.link.name,
      "qumo.source": route.source,
      "qumo.hops": path.length,
    });
  }

  /** The track was rerouted, or is being rerouted. */
  rerouted(reason: RerouteReason): void {
    if (this.#span === undefined) return;
    this.#reroutes++;
    this.#span.set({ "qumo.reroutes": this.#reroutes, "qumo.reroute.last": reason });
  }

  /** Ends the span; without a reason the track is no longer wanted. */
  end(ending?: TrackEnd | Refusal): void {
    this.#span?.set({ "qumo.outcome": ending?.kind ?? "left" });
    const isFailure = ending !== undefined && !BLAMELESS.has(ending.kind);
    this.#span?.end(isFailure ? ending.reason : undefined);
    this.#span = undefined;
    this.#reroutes = 0;
  }
}
