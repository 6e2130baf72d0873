import { MAX_DATAGRAMS_WAITING } from "../limits.ts";
import { Queue } from "../queue.ts";
import { QmuxCode, QmuxError } from "./codes.ts";
import { sizeOf } from "./integers.ts";
import { MAX_DATAGRAM_FRAME } from "./limits.ts";
import type { Outbox } from "./outbox.ts";
import type { TransportParameters } from "./parameters.ts";

/** Datagrams over a reliable channel: they are dropped at its ends only. */
export class Datagrams {
  readonly #outbox: Outbox;
  readonly #isSupported: boolean;
  readonly #queue = new Queue<Uint8Array>(MAX_DATAGRAMS_WAITING);
  #maxSize = 0;

  constructor(outbox: Outbox, isSupported: boolean) {
    this.#outbox = outbox;
    this.#isSupported = isSupported;
  }

  /** Bytes of a DATAGRAM frame that the peer may send; 0 for none. */
  get frameSize(): number {
    return this.#isSupported ? MAX_DATAGRAM_FRAME : 0;
  }

  /** Bytes that a datagram may have. */
  get maxSize(): number {
    return this.#maxSize;
  }

  begin({ maxDatagramFrame, maxRecordSize }: TransportParameters): void {
    const frame = Math.min(maxDatagramFrame, maxRecordSize, MAX_DATAGRAM_FRAME);
    if (this.#isSupported) this.#maxSize = Math.max(0, frame - 1 - sizeOf(frame));
  }

  send(bytes: Uint8Array): boolean {
    return this.#maxSize > 0 && bytes.length <= this.#maxSize && this.#outbox.datagram(bytes);
  }

  /** One has come. Throws a {@linkcode QmuxError}. */
  receive(data: Uint8Array, size: number): void {
    if (size > this.frameSize) {
      const reason = `a datagram frame of ${size} bytes where ${this.frameSize} are allowed`;
      throw new QmuxError(QmuxCode.protocolViolation, reason);
    }
    this.#queue.push(data.slice());
  }

  take(): Promise<Uint8Array | undefined> {
    return this.#queue.take();
  }

  close(): void {
    this.#maxSize = 0;
    this.#queue.close();
  }
}
