import { Buffer } from "node:buffer";
import { Duplex } from "node:stream";
import type { Clock } from "@qumo/shared/runtime";
import { MIN_READ_BYTES, READ_BYTES } from "./limits.ts";

/** The part of the runtime's connection that is used here. */
export interface RawConnection {
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
  closeWrite(): Promise<void>;
  close(): void;
  /** Sends small writes at once. */
  setNoDelay?(): void;
}

/** An answer that is being sent, of which the connection has to know when that is over. */
export interface Answer {
  once(event: "close", listener: () => void): unknown;
}

/** What a connection does now: waits for a request, reads the head of one, or answers one. */
export type Phase = "idle" | "head" | "busy";

type Done = (error?: Error | null) => void;

/**
 * A connection as a stream for the HTTP parser, which measures for how long it has been idle or
 * stalled.
 */
export class Connection extends Duplex {
  readonly address: string;
  readonly encrypted: boolean;
  /** The client's address and port, under the names that the parser reads. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly #raw: RawConnection;
  readonly #clock: Clock;
  #phase: Phase = "idle";
  #since: number;
  /** Since when the client has not read, or hardly, although data is waiting for it. */
  #stalledSince: number | undefined;
  #readSince = 0;
  #answering: Answer | undefined;
  readonly #waiting = new Set<() => void>();
  #isReading = false;
  #readBytes: number = READ_BYTES.waiting;

  constructor(
    raw: RawConnection,
    { address, port, encrypted, clock }: {
      readonly address: string;
      readonly port: number;
      readonly encrypted: boolean;
      readonly clock: Clock;
    },
  ) {
    super({ allowHalfOpen: true });
    this.#raw = raw;
    this.#clock = clock;
    this.address = this.remoteAddress = address;
    this.remotePort = port;
    this.encrypted = encrypted;
    this.#since = clock.now();
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** For how long the connection has been in this phase, in milliseconds. */
  get age(): number {
    return this.#clock.now() - this.#since;
  }

  /** For how long the client has hardly read although data is waiting for it, in milliseconds. */
  get stalled(): number {
    return this.#stalledSince === undefined ? 0 : this.#clock.now() - this.#stalledSince;
  }

  /** Notes that a request is being answered, or that the next one may come. */
  enter(phase: Phase): void {
    this.#phase = phase;
    this.#since = this.#clock.now();
  }

  /**
   * Takes the turn of an answer, which begins when the one before it was sent: a client may ask for much
   * before it reads anything. Undefined: at once.
   */
  inTurn(answer: Answer): Promise<void> | undefined {
    const before = this.#answering;
    this.#answering = answer;
    answer.once("close", () => {
      if (this.#answering === answer) this.#answering = undefined;
    });
    if (before === undefined || this.destroyed) return undefined;
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      before.once("close", () => {
        this.#waiting.delete(resolve);
        resolve();
      });
    });
  }

  /** Sends small writes at once, instead of waiting for more. */
  noDelay(): void {
    this.#raw.setNoDelay?.();
  }

  override _read(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    const into = new Uint8Array(this.#readBytes);
    this.#raw.read(into).then((count) => {
      this.#isReading = false;
      if (count === null) return void this.push(null);
      if (this.#phase === "idle") this.enter("head");
      this.#readBytes = count === into.length ? READ_BYTES.busy : READ_BYTES.waiting;
      this.push(Buffer.from(into.buffer, 0, count));
    }, (error) => void this.destroy(error));
  }

  override _write(chunk: Uint8Array, _encoding: string, done: Done): void {
    this.#send(chunk).then(() => done(), done);
  }

  override _writev(chunks: readonly { chunk: Uint8Array }[], done: Done): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk))).then(() => done(), done);
  }

  override _final(done: Done): void {
    this.#raw.closeWrite().then(() => done(), () => done());
  }

  override _destroy(error: Error | null, done: Done): void {
    try {
      this.#raw.close();
    } catch {
      // The client has closed it already.
    }
    for (const go of this.#waiting) go();
    done(error);
  }

  /** Closes the connection once everything was sent; the parser calls this after the last answer. */
  destroySoon(): void {
    if (this.writable) this.end();
    if (this.writableFinished) this.destroy();
    else this.once("finish", () => this.destroy());
  }

  async #send(bytes: Uint8Array): Promise<void> {
    let left = bytes;
    this.#stalledSince = this.#clock.now();
    this.#readSince = 0;
    while (left.length > 0) {
      const count = await this.#raw.write(left);
      left = left.subarray(count);
      this.#readSince += count;
      if (this.#readSince < MIN_READ_BYTES) continue;
      this.#stalledSince = this.#clock.now();
      this.#readSince = 0;
    }
    this.#stalledSince = undefined;
  }
}
