import {
  type ControlMessage,
  type ControlMessageOf,
  type Location,
  outOfScope,
} from "@qumo/shared/wire";
import { isTransportEnd, violation } from "../../errors.ts";
import type { FeedUpdates } from "./feed_updates.ts";
import type { RequestPermit } from "../connection/access.ts";
import { checkOwnHop, isRelay } from "../connection/relay_peer.ts";
import { requestOk } from "../requests/answers.ts";
import { outcomeOf, refusalOf, requestError } from "../requests/refusals.ts";
import type { Asking, RequestChannel } from "../requests/requests.ts";
import { acceptUpdate } from "../requests/updates.ts";
import type { Parties, Reporting } from "../connection/facets.ts";

/** The interfaces that {@linkcode FeedMessages} uses of its session. */
export type FeedMessagesContext = Reporting & Parties & Asking;

/** The dependencies of {@linkcode FeedMessages}. */
export interface FeedMessagesParts {
  /** Whether the peer offered the track with PUBLISH. */
  readonly offered: boolean;
  readonly updates: FeedUpdates;
  /** What allows the peer to publish the track. */
  readonly permit: Pick<RequestPermit, "renew"> | undefined;
  /** The peer refused an update because it supports none. */
  readonly onUpdatesRefused: (reason: string) => void;
  readonly onPath: (hops: readonly string[]) => void;
  readonly onLargest: (largest: Location) => void;
  readonly onDone: (message: ControlMessageOf<"publishDone">) => void;
}

/** Handles the messages on the stream of one subscription to a peer, after its answer. */
export class FeedMessages {
  readonly #context: FeedMessagesContext;
  readonly #parts: FeedMessagesParts;

  constructor(context: FeedMessagesContext, parts: FeedMessagesParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Reads until the peer has finished the stream or the transport has ended it. */
  async read(stream: RequestChannel): Promise<void> {
    try {
      for (;;) {
        const message = await stream.next();
        if (message === undefined) break;
        await this.#receive(stream, message);
      }
    } catch (error) {
      if (!isTransportEnd(error)) throw error;
    }
  }

  #receive(stream: RequestChannel, message: ControlMessage): Promise<void> | void {
    switch (message.kind) {
      case "requestOk":
        return this.#updated(stream, message);
      case "requestError":
        return this.#updateRefused(message);
      case "publishStateNotify": {
        const { largestObject } = message.parameters;
        if (largestObject !== undefined) this.#parts.onLargest(largestObject);
        return;
      }
      case "publishDone":
        return this.#parts.onDone(message);
      case "meshPath":
        if (!isRelay(this.#context.peer)) break;
        checkOwnHop(message.hops[0], this.#context.peer);
        return this.#parts.onPath(message.hops);
      case "requestUpdate": {
        if (!this.#parts.offered) break;
        acceptUpdate(this.#context, stream, message, "publish");
        return this.#answerUpdate(stream, message);
      }
    }
    throw violation(`${message.kind} does not belong on a subscription's stream`);
  }

  /** It may show further tokens, and says nothing else. */
  async #answerUpdate(
    stream: RequestChannel,
    { parameters }: ControlMessageOf<"requestUpdate">,
  ): Promise<void> {
    const outcomes = this.#context.metrics.requests.request_update;
    const renewed = await this.#parts.permit?.renew(parameters.authorizationTokens);
    if (renewed?.ok === false) {
      outcomes[renewed.refusal.kind]++;
      return stream.send(requestError(renewed.refusal));
    }
    outcomes.ok++;
    stream.send(requestOk());
  }

  /** A refused update may be followed by PUBLISH_DONE; otherwise the track continues unchanged. */
  #updateRefused(answer: ControlMessageOf<"requestError">): void {
    this.#parts.updates.answered();
    this.#context.metrics.upstreamRequests.request_update[outcomeOf(answer)]++;
    const refusal = refusalOf(answer);
    this.#context.log.debug("update refused", { reason: refusal.reason });
    if (refusal.kind === "not_supported") this.#parts.onUpdatesRefused(refusal.reason);
  }

  #updated(stream: RequestChannel, message: ControlMessageOf<"requestOk">): void {
    this.#parts.updates.answered();
    this.#context.metrics.upstreamRequests.request_update.ok++;
    if (
      outOfScope(message.parameters, stream.rules.ok.requestUpdate) || message.properties.length > 0
    ) {
      throw violation("REQUEST_OK of an update carries what it may not");
    }
    const { largestObject } = message.parameters;
    if (largestObject !== undefined) this.#parts.onLargest(largestObject);
  }
}
