import type { Clock, Timer } from "@qumo/shared/runtime";
import type { Location, Parameters } from "@qumo/shared/wire";
import type { FeedChange } from "../../../track/mod.ts";
import { violation } from "../../errors.ts";

/** Updates that a peer may have to answer at a time. */
const MAX_UPDATES_UNANSWERED = 2;

/** How long an update waits for the answers to previous ones; not every peer answers. */
const UPDATE_HOLD_MS = 200;

/** The dependencies of {@linkcode FeedUpdates}. */
export interface FeedUpdatesParts {
  readonly clock: Clock;
  /** Whether the peer must not be paused; may change during the subscription. */
  readonly alwaysForwards: () => boolean;
  /** The start that was requested, which a new end must not change. */
  readonly start: Location;
  /** How many updates the peer lets wait for its answers; undefined for any number. */
  readonly maxUnanswered: number | undefined;
  /** Whether there is a request stream for updates. */
  readonly canSend: () => boolean;
  /** False when the peer's draft cannot say it: no answer is owed. */
  readonly send: (parameters: Parameters<"forward" | "newGroupRequest" | "filter">) => boolean;
}

/**
 * Updates of one subscription to a peer. While answers are pending, changes are merged: the last of
 * each kind is sent.
 */
export class FeedUpdates {
  readonly #parts: FeedUpdatesParts;
  #unanswered = 0;
  #held: { change: FeedChange; timer: Timer | undefined } | undefined;
  // Changes to send with the answer to the peer's PUBLISH; undefined after that answer.
  #withAnswer: FeedChange | undefined;

  constructor(parts: FeedUpdatesParts) {
    this.#parts = parts;
  }

  /** Holds changes until the answer to the peer's PUBLISH is sent. */
  holdForAnswer(): void {
    this.#withAnswer = {};
  }

  /** The parameters for the answer to the peer's PUBLISH, with the current forward state. */
  takeForAnswer(forward: boolean): Parameters<"forward" | "newGroupRequest"> {
    const { newGroupRequest, forward: wanted = forward } = this.#withAnswer ?? {};
    this.#withAnswer = undefined;
    return { forward: wanted, ...(newGroupRequest !== undefined && { newGroupRequest }) };
  }

  /** Sends what did not fit into the answer to the peer's PUBLISH, even to a peer that is not paused. */
  sendAtOnce(parameters: Parameters<"forward" | "newGroupRequest">): void {
    if (Object.keys(parameters).length === 0 || !this.#parts.canSend()) return;
    if (this.#parts.send(parameters)) this.#unanswered++;
  }

  add(change: FeedChange): void {
    if (this.#withAnswer !== undefined) {
      this.#withAnswer = { ...this.#withAnswer, ...change };
      return;
    }
    const { maxUnanswered, clock } = this.#parts;
    const limit = Math.min(MAX_UPDATES_UNANSWERED, maxUnanswered ?? Infinity);
    if (this.#unanswered < limit) return this.#send(change);
    // A peer that has a limit must answer.
    const timer = maxUnanswered === undefined
      ? this.#held?.timer ?? clock.after(UPDATE_HOLD_MS, () => this.#sendHeld())
      : undefined;
    this.#held = { change: { ...this.#held?.change, ...change }, timer };
  }

  /** Notes that the peer answered an update. */
  answered(): void {
    if (this.#unanswered === 0) throw violation("An answer to no update");
    this.#unanswered--;
    this.#sendHeld();
  }

  /** Stops sending updates. */
  stop(): void {
    this.#held?.timer?.cancel();
    this.#held = undefined;
  }

  #sendHeld(): void {
    const held = this.#held;
    if (held === undefined) return;
    this.stop();
    this.#send(held.change);
  }

  #send({ forward: wanted, newGroupRequest, endGroup }: FeedChange): void {
    const forward = this.#parts.alwaysForwards() ? undefined : wanted;
    const isNothing = forward === undefined && newGroupRequest === undefined &&
      endGroup === undefined;
    if (isNothing || !this.#parts.canSend()) return;
    const isSent = this.#parts.send({
      ...(forward !== undefined && { forward }),
      ...(newGroupRequest !== undefined && { newGroupRequest }),
      ...(endGroup !== undefined && {
        filter: { type: "absolute_range", start: this.#parts.start, endGroup },
      }),
    });
    if (isSent) this.#unanswered++;
  }
}
