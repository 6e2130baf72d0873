import type { Clock, Timer } from "@qumo/shared/runtime";
import type { Location, Parameters } from "@qumo/shared/wire";
import type { FeedChange } from "../../../track/mod.ts";
import { violation } from "../../errors.ts";

/** Updates that a peer may owe answers to: subscribers who change their minds are not its concern. */
const MAX_UPDATES_UNANSWERED = 2;

/** How long an update waits for the answers to those before, since not every peer answers. */
const UPDATE_HOLD_MS = 200;

const BEGINNING: Location = { group: 0n, object: 0n };

/** What {@linkcode FeedUpdates} work with. */
export interface FeedUpdatesParts {
  readonly clock: Clock;
  /** Whether the peer is never told to pause, which may turn out later. */
  readonly alwaysForwards: () => boolean;
  /** Whether there is a stream that updates can go on. */
  readonly canSend: () => boolean;
  readonly send: (parameters: Parameters<"forward" | "newGroupRequest" | "filter">) => void;
}

/**
 * Updates of one subscription to a peer: those that come while it owes answers go out together, the last
 * of each kind.
 */
export class FeedUpdates {
  readonly #parts: FeedUpdatesParts;
  #unanswered = 0;
  #held: { change: FeedChange; timer: Timer } | undefined;
  // What goes with the answer to the peer's offer; undefined when that was given.
  #withAnswer: FeedChange | undefined;

  constructor(parts: FeedUpdatesParts) {
    this.#parts = parts;
  }

  /** The peer offered the track and is answered in a moment: until then changes wait. */
  holdForAnswer(): void {
    this.#withAnswer = {};
  }

  /** What the answer to the peer's offer says: to forward, when that is wanted by now. */
  takeForAnswer(forward: boolean): Parameters<"forward" | "newGroupRequest"> {
    const { newGroupRequest, forward: wanted = forward } = this.#withAnswer ?? {};
    this.#withAnswer = undefined;
    return { forward: wanted, ...(newGroupRequest !== undefined && { newGroupRequest }) };
  }

  add(change: FeedChange): void {
    if (this.#withAnswer !== undefined) {
      this.#withAnswer = { ...this.#withAnswer, ...change };
      return;
    }
    if (this.#unanswered < MAX_UPDATES_UNANSWERED) return this.#send(change);
    const timer = this.#held?.timer ??
      this.#parts.clock.after(UPDATE_HOLD_MS, () => this.#sendHeld());
    this.#held = { change: { ...this.#held?.change, ...change }, timer };
  }

  /** The peer answered an update. */
  answered(): void {
    if (this.#unanswered === 0) throw violation("An answer to no update");
    this.#unanswered--;
    this.#sendHeld();
  }

  /** Nothing more is to be sent. */
  stop(): void {
    this.#held?.timer.cancel();
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
    this.#unanswered++;
    this.#parts.send({
      ...(forward !== undefined && { forward }),
      ...(newGroupRequest !== undefined && { newGroupRequest }),
      ...(endGroup !== undefined && {
        filter: { type: "absolute_range", start: BEGINNING, endGroup },
      }),
    });
  }
}
