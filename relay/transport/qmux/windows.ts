import { type ControlFrame, encodeFrame } from "./frames.ts";
import type { FrameSink, PendingFrame } from "./pending_frame.ts";

/** How much a peer may send, and the frame that lets it send more. */
export interface WindowOptions {
  readonly window: number;
  /** The frame that raises the limit. */
  readonly frame: (limit: number) => ControlFrame;
  /** How much of the window must be used up before the frame is sent. */
  readonly step: number;
}

/**
 * What a peer may send: bytes of a stream or of all, or streams. The limit rises when the frame is
 * handed to the transport, so that a peer that does not read gets no more.
 */
export class ReceiveWindow implements PendingFrame {
  readonly #outbox: FrameSink;
  readonly #options: WindowOptions;
  #limit: number;
  #received = 0;
  #consumed = 0;
  #isClosed = false;

  constructor(outbox: FrameSink, options: WindowOptions) {
    this.#outbox = outbox;
    this.#options = options;
    this.#limit = options.window;
  }

  /** What was received in all. */
  get received(): number {
    return this.#received;
  }

  /** What was received and not consumed. */
  get unread(): number {
    return this.#received - this.#consumed;
  }

  /** Counts what was received; false when the peer was not allowed to send it. */
  receive(amount: number): boolean {
    this.#received += amount;
    return this.#received <= this.#limit;
  }

  /** Counts what was consumed, and lets the peer send as much again. */
  consume(amount: number): void {
    this.#consumed += amount;
    const { window, step } = this.#options;
    if (this.#isClosed || this.#consumed + window - this.#limit < step) return;
    this.#outbox.add(this);
  }

  /** The peer gets no more. */
  close(): void {
    this.#isClosed = true;
  }

  /** The frame that raises the limit, which counts from now on. */
  encode(): Uint8Array | undefined {
    if (this.#isClosed) return undefined;
    this.#limit = this.#consumed + this.#options.window;
    return encodeFrame(this.#options.frame(this.#limit));
  }
}

/** What a peer lets us send. */
export class SendCredit {
  #limit: number;
  #used = 0;
  #toldAt = -1;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  get limit(): number {
    return this.#limit;
  }

  get available(): number {
    return this.#limit - this.#used;
  }

  use(amount: number): void {
    this.#used += amount;
  }

  /** Raises the limit; false when it was as high already. */
  raise(limit: number): boolean {
    if (limit <= this.#limit) return false;
    this.#limit = limit;
    return true;
  }

  /** Whether the peer should hear that this limit blocks us, which it hears once. */
  get isNews(): boolean {
    if (this.#toldAt === this.#limit) return false;
    this.#toldAt = this.#limit;
    return true;
  }
}
