import { shownName } from "@qumo/shared/runtime";
import type { Refusal, Track, TrackEnd } from "../track/mod.ts";
import type { RerouteReason } from "../vocabulary/mod.ts";
import { type RemoteTrack, textOf } from "./directory.ts";
import { Outage } from "./outage.ts";
import type { RouteContext } from "./route_context.ts";
import { RouteSpan } from "./route_span.ts";
import type { UpstreamSubscription } from "./upstream_subscription.ts";

/** What a {@linkcode RouteTelemetry} works with. */
export interface RouteTelemetryInit {
  readonly track: Track;
  /** The trace context of the first request. */
  readonly trace: string | undefined;
}

/** The log lines, metrics and trace span of one remote track's routes. */
export class RouteTelemetry {
  readonly #remote: RemoteTrack;
  readonly #context: RouteContext;
  readonly #span: RouteSpan;
  readonly #outage: Outage;

  constructor(remote: RemoteTrack, { track, trace }: RouteTelemetryInit, context: RouteContext) {
    const { clock, settings, metrics, tracing } = context;
    this.#remote = remote;
    this.#context = context;
    this.#span = new RouteSpan(tracing, remote, trace);
    this.#outage = new Outage(clock, track, {
      longestSilenceMs: settings.linkTimeoutMs,
      onOver: (gap) => metrics.failoverGap(gap),
    });
  }

  /** The trace context that is sent to neighbors. */
  get traceparent(): string | undefined {
    return this.#span.traceparent;
  }

  /** A search for a route starts. */
  searching(): void {
    this.#span.begin();
  }

  /** The first search found a route; the path has this many relays. */
  found(hops: number): void {
    this.#context.metrics.lookups.found++;
    this.#context.metrics.hops(hops);
  }

  /** The first search found no route to a track that another relay may have, or has not. */
  notFound(isKnown: boolean): void {
    this.#context.metrics.lookups[isKnown ? "no_way" : "unknown"]++;
  }

  /** The track comes from `subscription` from now on, instead of `previous`. */
  switched(subscription: UpstreamSubscription, previous: UpstreamSubscription | undefined): void {
    const { route: { link, source }, from } = subscription;
    this.#span.use(subscription);
    this.#span.run(() =>
      this.#context.log.info("remote track", {
        track: shownName(textOf(this.#remote)),
        neighbor: link.name,
        source,
        ...(from !== undefined && { from_group: String(from.group) }),
      })
    );
    if (previous !== undefined) this.#rerouted("better_route");
  }

  /** The route is lost. */
  routeLost(reason: RerouteReason): void {
    this.#rerouted(reason);
    this.#outage.begin();
  }

  /** Objects arrive by the route in use. */
  arriving(): void {
    this.#outage.end();
  }

  /** No other route was found in time. */
  trackLost(reason: string): void {
    this.#span.run(() =>
      this.#context.log.warn("remote track lost", {
        track: shownName(textOf(this.#remote)),
        reason,
      })
    );
  }

  /** The subscription ends; without a reason the track is no longer wanted. */
  end(ending?: TrackEnd | Refusal): void {
    this.#span.end(ending);
  }

  #rerouted(reason: RerouteReason): void {
    this.#context.metrics.reroutes[reason]++;
    this.#span.rerouted(reason);
  }
}
