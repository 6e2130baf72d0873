import type { Span, Tracing } from "@qumo/shared/runtime";
import { formatTrackName } from "@qumo/shared/wire";
import type { Refusal, TrackEnd } from "../track/mod.ts";
import type { RemoteTrack } from "./directory.ts";
import type { Leg } from "./leg.ts";
import type { RerouteReason } from "../vocabulary.ts";

// Endings that are nobody's fault.
const BLAMELESS: ReadonlySet<string> = new Set(["ended", "replaced", "going_away"]);

/**
 * What is traced of a subscription to a remote track: one span from when the track is wanted until it
 * is not, whatever ways it comes by. It belongs to the trace of who asked first.
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

  /** What neighbors are told that are asked for the track. */
  get traceparent(): string | undefined {
    return this.#span?.traceparent;
  }

  /** The track is wanted: unless it was already, a span begins. */
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

  /** Does what belongs to the span, like saying in the log what happens to the track. */
  run<T>(work: () => T): T {
    return this.#span === undefined ? work() : this.#span.run(work);
  }

  /** The track comes by this leg from here on. */
  taken({ route, path }: Leg): void {
    this.#span?.set({
      "qumo.neighbor": route.link.peerName ?? route.link.name,
      "qumo.source": route.source,
      "qumo.hops": path.length,
    });
  }

  /** The track comes by another way, or is to. */
  rerouted(reason: RerouteReason): void {
    if (this.#span === undefined) return;
    this.#reroutes++;
    this.#span.set({ "qumo.reroutes": this.#reroutes, "qumo.reroute.last": reason });
  }

  /** The subscription is over; without a reason nobody wants the track any more. */
  end(ending?: TrackEnd | Refusal): void {
    this.#span?.set({ "qumo.outcome": ending?.kind ?? "left" });
    const isFailure = ending !== undefined && !BLAMELESS.has(ending.kind);
    this.#span?.end(isFailure ? ending.reason : undefined);
    this.#span = undefined;
    this.#reroutes = 0;
  }
}
