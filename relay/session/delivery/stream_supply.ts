import type { Clock, Timer } from "@qumo/shared/runtime";
import type { Connection, SendStream } from "../../transport/types.ts";
import { TransportError } from "../../transport/errors.ts";
import { MAX_STREAMS_WAITING, STREAM_PATIENCE_MS } from "../limits.ts";

/** Somebody who needs a stream. */
export interface StreamWaiter {
  /** Who is given a stream first, higher first. */
  readonly sendOrder: number;
  /** Here it is; nothing was written on it. */
  streamReady(stream: SendStream): void;
  /** There will be none: others have waited for so many before. */
  streamRefused(): void;
  /** There will be none: the connection has ended. */
  streamFailed(error: unknown): void;
}

/**
 * The streams that one session opens for objects. A peer allows so many at once, and while it allows
 * none, what waits changes: a stream goes to whoever needs it most when it comes, not to the one it was
 * opened for, and one that nobody needs any more is kept for the next.
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

  /** `starved` is called with how many streams are wanted while the peer goes on allowing none. */
  constructor(connection: Connection, clock: Clock, starved: (wanted: number) => void) {
    this.#connection = connection;
    this.#clock = clock;
    this.#starved = starved;
  }

  /** Gives a stream to `waiter`, at once or when the peer allows one. */
  request(waiter: StreamWaiter): void {
    const unused = this.#unused.pop();
    if (unused !== undefined) return this.#grant(waiter, unused);
    this.#waiting.add(waiter);
    if (this.#waiting.size > MAX_STREAMS_WAITING) this.#refuseLast();
    if (this.#opening < this.#waiting.size) this.#open();
    this.#watchCredit();
  }

  /** The same as a promise. */
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

  /** `waiter` needs none any more. */
  withdraw(waiter: StreamWaiter): void {
    this.#waiting.delete(waiter);
  }

  /** A stream that was given and on which nothing was written. */
  giveBack(stream: SendStream): void {
    const next = this.#first();
    if (next === undefined) this.#unused.push(stream);
    else this.#grant(next, stream);
  }

  /** The session ended. */
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

  /** Deno does not tell whether a stream waits for the peer: time does. */
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
