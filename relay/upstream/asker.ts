import type { Refusal, RequestOptions } from "../track/mod.ts";
import type { RemoteTrack } from "./directory.ts";
import { Leg, type LegOwner } from "./leg.ts";
import { NO_WAY, NOBODY, OUT_OF_REACH } from "./refusals.ts";
import type { Retiring } from "./retiring.ts";
import type { RouteContext } from "./route_context.ts";
import type { RouteSpan } from "./route_span.ts";
import type { Route } from "./routes.ts";

/** What an {@linkcode Asker} works with. */
export interface AskerInit {
  readonly options: RequestOptions;
  /** Told of what comes of those who are asked. */
  readonly owner: LegOwner;
  /** Those who were asked before and bring their last groups. */
  readonly retiring: Retiring;
  /** Neighbors are told what it belongs to. */
  readonly span: RouteSpan;
}

/** Asks neighbors for one track, on behalf of those who want it. */
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

  /** Relays that the request came by: as long as it is one, it must not go back to them. */
  get via(): readonly string[] {
    return this.#isAnswered ? [] : this.#options.via ?? [];
  }

  /** Whether those who want the track had it before, from a publisher that is gone. */
  get goesOn(): boolean {
    return this.#options.from !== undefined && this.via.length === 0;
  }

  /** The track comes: from now on its own way tells who cannot be asked. */
  answered(): void {
    this.#isAnswered = true;
  }

  /** Whether anybody may have the track, whether there is a way or not. */
  get isKnown(): boolean {
    return this.#context.routes.isKnown(this.#remote, this.via);
  }

  /** Whether nobody has the track but relays to which there has been no way for a while. */
  get isOutOfReach(): boolean {
    return !this.isKnown && this.#context.routes.isOutOfReach(this.#remote);
  }

  /** The refusal when there is nobody to ask. */
  get noWay(): Refusal {
    if (this.isKnown) return NO_WAY;
    return this.isOutOfReach ? OUT_OF_REACH : NOBODY;
  }

  /** The ways that can be taken now, the best first. */
  ways(): readonly Route[] {
    return this.#context.routes.to(this.#remote, this.via);
  }

  /** Whether the track may come by these relays. */
  accepts(path: readonly string[]): boolean {
    return this.#context.accepts(path);
  }

  /**
   * Asks one neighbor, for what is missed of the track where some of it came already; undefined when
   * it cannot be asked at this moment.
   */
  begin(route: Route): Leg | undefined {
    // A neighbor is subscribed to once; what it did not bring yet is asked for again.
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
