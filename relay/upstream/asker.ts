import type { Refusal, RequestOptions } from "../track/mod.ts";
import type { RemoteTrack } from "./directory.ts";
import { Leg, type LegOwner } from "./leg.ts";
import { NO_ROUTE, NOBODY, OUT_OF_REACH } from "./refusals.ts";
import type { Retiring } from "./retiring.ts";
import type { RouteContext } from "./route_context.ts";
import type { RouteSpan } from "./route_span.ts";
import type { Route } from "./routes.ts";

/** What an {@linkcode Asker} works with. */
export interface AskerInit {
  readonly options: RequestOptions;
  /** Notified of the outcome of each request. */
  readonly owner: LegOwner;
  /** Legs that were replaced and still deliver their last groups. */
  readonly retiring: Retiring;
  /** The span whose trace context is sent to neighbors. */
  readonly span: RouteSpan;
}

/** Subscribes to one track at neighbors, for the local subscribers of it. */
export class Asker {
  readonly #remote: RemoteTrack;
  readonly #options: RequestOptions;
  readonly #owner: LegOwner;
  readonly #retiring: Retiring;
  readonly #span: RouteSpan;
  readonly #context: RouteContext;
  #isAnswered = false;

  constructor(
    remote: RemoteTrack,
    { options, owner, retiring, span }: AskerInit,
    context: RouteContext,
  ) {
    this.#remote = remote;
    this.#options = options;
    this.#owner = owner;
    this.#retiring = retiring;
    this.#span = span;
    this.#context = context;
  }

  /** The path of the request: until it is answered, it must not be sent back to these relays. */
  get via(): readonly string[] {
    return this.#isAnswered ? [] : this.#options.via ?? [];
  }

  /** Whether the subscribers already had the track, from a publisher that is gone. */
  get goesOn(): boolean {
    return this.#options.from !== undefined && this.via.length === 0;
  }

  /** The track is delivered: from now on its own path decides which neighbors cannot be asked. */
  answered(): void {
    this.#isAnswered = true;
  }

  /** Whether another relay may have the track, with or without a route to it. */
  get isKnown(): boolean {
    return this.#context.routes.isKnown(this.#remote, this.via);
  }

  /** Whether only unreachable relays have the track. */
  get isOutOfReach(): boolean {
    return !this.isKnown && this.#context.routes.isOutOfReach(this.#remote);
  }

  /** The refusal for a track without a route. */
  get noRoute(): Refusal {
    if (this.isKnown) return NO_ROUTE;
    return this.isOutOfReach ? OUT_OF_REACH : NOBODY;
  }

  /** The usable routes, the best first. */
  routes(): readonly Route[] {
    return this.#context.routes.to(this.#remote, this.via);
  }

  /** Whether this path is acceptable for the track. */
  accepts(path: readonly string[]): boolean {
    return this.#context.accepts(path);
  }

  /**
   * Subscribes at the neighbor of `route`, from the first missing object where part of the track
   * was delivered already; undefined when the neighbor has no session now.
   */
  begin(route: Route): Leg | undefined {
    // There is one subscription for each neighbor; the new one asks again for what the old one did
    // not deliver.
    this.#retiring.cancelOn(route.link);
    const { newGroupRequest, past, from } = this.#options;
    const { resumePoint = from } = this.#owner.track;
    const trace = this.#span.traceparent;
    const options = {
      via: this.via,
      ...(trace !== undefined && { trace }),
      ...(newGroupRequest !== undefined && resumePoint === undefined && { newGroupRequest }),
      ...(past === true && { past }),
      ...(resumePoint !== undefined && { from: resumePoint }),
    };
    return Leg.begin(route, this.#remote.scope, { owner: this.#owner, options });
  }
}
