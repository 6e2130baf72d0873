import type { Clock, Timer } from "@qumo/shared/runtime";
import type { Connection, SendStream } from "../../transport/types.ts";
import { TransportError } from "../../transport/errors.ts";
import { MAX_STREAMS_WAITING, STREAM_PATIENCE_MS } from "../limits.ts";

/** A consumer that waits for a stream. */
export interface StreamWaiter {
  /** Its send order; the highest gets the next stream. */
  readonly sendOrder: number;
  /** Receives an unused stream. */
  streamReady(stream: SendStream): void;
  /** No stream is available: too many more urgent consumers wait. */
  streamRefused(): void;
  /** No stream is available: the connection has ended. */
  streamFailed(error: unknown): void;
}

/**
 * The unidirectional streams that one session opens for objects. The peer limits their number, and
 * while it grants no credit the demand changes: a granted stream goes to the most urgent consumer
 * at that time, not to the one that asked first, and one that nobody needs any more is kept for the
 * next.
 */
export class StreamSupply {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #starved: (wanted: number) => void;
  readonly #waiting = new Set<StreamWaiter>();
  readonly #unused: SendStream[] = [];
  #opening = 0;
  #granted = 0;
  #watch: Timer | undefined;

  /**
   * `starved` is called with the number of waiting consumers while the peer grants no stream
   * credit.
   */
  constructor(connection: Connection, clock: Clock, starved: (wanted: number) => void) {
    this.#connection = connection;
    this.#clock = clock;
    this.#starved = starved;
  }

  /** Gives a stream to `waiter`, at once or when the peer grants credit. */
  request(waiter: StreamWaiter): void {
    const unused = this.#unused.pop();
    if (unused !== undefined) return this.#grant(waiter, unused);
    this.#waiting.add(waiter);
    if (this.#waiting.size > MAX_STREAMS_WAITING) this.#refuseLast();
    if (this.#opening < this.#waiting.size) this.#open();
    this.#watchCredit();
  }

  /** Opens a stream as {@linkcode StreamSupply.request} does; rejects when none is available. */
  open(sendOrder: number): Promise<SendStream> {
    return new Promise((resolve, reject) => {
      this.request({
        sendOrder,
        streamReady: resolve,
        streamRefused: () => reject(new TransportError("closed", 0, "Too many streams wait")),
        streamFailed: reject,
      });
    });
  }

  /** Cancels the request of `waiter`. */
  withdraw(waiter: StreamWaiter): void {
    this.#waiting.delete(waiter);
  }

  /** Returns an unused stream. */
  giveBack(stream: SendStream): void {
    const next = this.#first();
    if (next === undefined) this.#unused.push(stream);
    else this.#grant(next, stream);
  }

  /** Fails all waiting consumers; called when the session ends. */
  close(): void {
    this.#watch?.cancel();
    this.#unused.length = 0;
  }

  #open(): void {
    this.#opening++;
    this.#connection.openUni().then(this.#opened, this.#failed);
  }

  readonly #opened = (stream: SendStream) => {
    this.#opening--;
    this.giveBack(stream);
  };

  readonly #failed = (error: unknown) => {
    this.#opening--;
    const next = this.#first();
    if (next === undefined) return;
    this.#waiting.delete(next);
    next.streamFailed(error);
  };

  #grant(waiter: StreamWaiter, stream: SendStream): void {
    this.#waiting.delete(waiter);
    this.#granted++;
    waiter.streamReady(stream);
  }

  #first(): StreamWaiter | undefined {
    let first: StreamWaiter | undefined;
    for (const waiter of this.#waiting) {
      if (first === undefined || waiter.sendOrder > first.sendOrder) first = waiter;
    }
    return first;
  }

  #refuseLast(): void {
    let last: StreamWaiter | undefined;
    for (const waiter of this.#waiting) {
      if (last === undefined || waiter.sendOrder < last.sendOrder) last = waiter;
    }
    this.#waiting.delete(last!);
    last!.streamRefused();
  }

  /** Deno does not report that an open waits for stream credit, so a timer detects it. */
  #watchCredit(): void {
    const granted = this.#granted;
    this.#watch ??= this.#clock.after(STREAM_PATIENCE_MS, () => {
      this.#watch = undefined;
      if (this.#waiting.size === 0) return;
      if (this.#granted === granted) this.#starved(this.#waiting.size);
      this.#watchCredit();
    });
  }
}
