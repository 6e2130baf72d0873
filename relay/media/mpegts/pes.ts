import { Pending } from "../pending.ts";
import type { FrameDrop } from "../../vocabulary/mod.ts";
import type { Packet } from "./packets.ts";

/** A PES packet (ISO/IEC 13818-1, 2.4.3.6). */
export interface PesPacket {
  /** When what begins in it is presented, in ticks of 33 bits. */
  readonly presented: number | undefined;
  /** When that is decoded, where that is another time. */
  readonly decoded: number | undefined;
  readonly data: Uint8Array;
}

/** Where what is read of a stream goes. */
export interface PesSink {
  /** Its data is good for the call alone. */
  packet(packet: PesPacket): void;
  /** A packet is not there, or of no use. */
  lost(reason: FrameDrop): void;
}

/** Puts the PES packets of one stream together. */
export class PesReader {
  readonly #sink: PesSink;
  readonly #maxBytes: number;
  readonly #pending = new Pending();
  // Whether what comes belongs to a packet that is whole so far.
  #isOpen = false;
  #counter: number | undefined;

  constructor(sink: PesSink, maxBytes: number) {
    this.#sink = sink;
    this.#maxBytes = maxBytes;
  }

  push(packet: Packet): void {
    if (!this.#follows(packet)) return;
    if (packet.isStart) {
      this.#finish();
      this.#isOpen = true;
    }
    if (!this.#isOpen) return;
    const whole = this.#pending.add(packet.payload);
    if (whole.length > this.#maxBytes + MAX_HEAD_BYTES) return this.#drop("too_large");
    const length = lengthOf(whole);
    // Of one that says how long it is the end is known before the next one begins.
    if (length !== undefined && whole.length >= length) this.#finish();
  }

  /** Nothing comes any more. */
  end(): void {
    this.#finish();
  }

  /** Whether a packet goes on where the last one ended; what was open is given up where it does not. */
  #follows({ counter, isSound, isDiscontinuous }: Packet): boolean {
    const last = this.#counter;
    this.#counter = counter;
    if (isSound && last === counter && !isDiscontinuous) return false;
    const isNext = last === undefined || isDiscontinuous || counter === (last + 1 & 15);
    if (!isNext || !isSound) this.#drop("malformed");
    return isSound;
  }

  #drop(reason: FrameDrop): void {
    this.#isOpen = false;
    this.#pending.cut(0);
    this.#sink.lost(reason);
  }

  #finish(): void {
    if (!this.#isOpen) return;
    const whole = this.#pending.bytes;
    const length = lengthOf(whole);
    const packet = length === undefined || whole.length >= length ? read(whole) : undefined;
    if (packet === undefined) return this.#drop("malformed");
    this.#isOpen = false;
    this.#pending.cut(0);
    this.#sink.packet(packet);
  }
}

/** Its fixed part, and what that may be followed by. */
const MAX_HEAD_BYTES = 9 + 255;

/** The length of a packet that says it; undefined for one that ends where the next one begins. */
function lengthOf(bytes: Uint8Array): number | undefined {
  const length = (bytes[4] ?? 0) << 8 | (bytes[5] ?? 0);
  return length === 0 ? undefined : length + 6;
}

/** Undefined for what is no packet of a stream of media. */
function read(bytes: Uint8Array): PesPacket | undefined {
  const isPes = bytes[0] === 0 && bytes[1] === 0 && bytes[2] === 1;
  if (!isPes || bytes.length < 9 || bytes[6]! >> 6 !== 2) return undefined;
  const flags = bytes[7]! >> 6;
  const begins = 9 + bytes[8]!;
  if (begins > bytes.length || bytes[8]! < (flags & 2 ? flags === 3 ? 10 : 5 : 0)) return undefined;
  const end = lengthOf(bytes) ?? bytes.length;
  return {
    presented: flags & 2 ? timeAt(bytes, 9) : undefined,
    decoded: flags === 3 ? timeAt(bytes, 14) : undefined,
    data: bytes.subarray(begins, end),
  };
}

/** A time of 33 bits, with marks between. */
function timeAt(bytes: Uint8Array, at: number): number {
  const [a, b, c, d, e] = bytes.subarray(at, at + 5) as unknown as [
    number,
    number,
    number,
    number,
    number,
  ];
  return (a >> 1 & 7) * 2 ** 30 + (b << 22 | c >> 1 << 15 | d << 7 | e >> 1);
}
