import { MediaError } from "../errors.ts";
import { Pending } from "../pending.ts";
import { MAX_GARBAGE_BYTES } from "./limits.ts";

/** Bytes of a packet (ISO/IEC 13818-1, 2.4.3.2). */
export const PACKET_BYTES = 188;

/** With which a packet begins. */
export const SYNC_BYTE = 0x47;

const PAYLOAD = 0x10;
const ADAPTATION = 0x20;

/** A packet that has a payload, or says that its stream does not go on. */
export interface Packet {
  readonly pid: number;
  /** Whether a table or a PES packet begins with it. */
  readonly isStart: boolean;
  readonly counter: number;
  /** Whether its counter need not follow the last one. */
  readonly isDiscontinuous: boolean;
  /** Whether it came as it was sent, and is not scrambled. */
  readonly isSound: boolean;
  readonly payload: Uint8Array;
}

/** Cuts bytes into packets; what is between them is left out. */
export class PacketCutter {
  readonly #pending = new Pending();
  #isSynced = false;
  #garbage = 0;
  #skipped = 0;

  /** Bytes that were left out. */
  get skipped(): number {
    return this.#skipped;
  }

  /** The packets that are complete; their payloads are good until the next one is asked for. */
  *push(bytes: Uint8Array): Generator<Packet> {
    const all = this.#pending.add(bytes);
    let at = 0;
    for (;;) {
      if (!this.#isSynced) {
        const next = syncAt(all, at);
        this.#skip(next - at);
        at = next;
        if (at + PACKET_BYTES >= all.length) break;
        this.#isSynced = true;
      }
      if (at + PACKET_BYTES > all.length) break;
      if (all[at] !== SYNC_BYTE) {
        this.#isSynced = false;
        continue;
      }
      this.#garbage = 0;
      const packet = readPacket(all.subarray(at, at + PACKET_BYTES));
      at += PACKET_BYTES;
      if (packet !== undefined) yield packet;
    }
    this.#pending.drop(at);
  }

  #skip(count: number): void {
    this.#skipped += count;
    this.#garbage += count;
    if (this.#garbage <= MAX_GARBAGE_BYTES) return;
    throw new MediaError(`There are no packets among ${this.#garbage} bytes`);
  }
}

/** Where a packet begins that another one follows; where that might be, at the end. */
function syncAt(bytes: Uint8Array, from: number): number {
  for (let at = from; at < bytes.length; at++) {
    if (bytes[at] !== SYNC_BYTE) continue;
    if (at + PACKET_BYTES >= bytes.length || bytes[at + PACKET_BYTES] === SYNC_BYTE) return at;
  }
  return bytes.length;
}

function readPacket(bytes: Uint8Array): Packet | undefined {
  const [, second = 0, third = 0, fourth = 0] = bytes;
  let at = 4;
  let isDiscontinuous = false;
  if (fourth & ADAPTATION) {
    const length = bytes[4]!;
    isDiscontinuous = length > 0 && (bytes[5]! & 0x80) !== 0;
    at += 1 + length;
    if (at > PACKET_BYTES) return undefined;
  }
  // Counters go on with payloads alone.
  if ((fourth & PAYLOAD) === 0) return undefined;
  return {
    pid: (second & 0x1f) << 8 | third,
    isStart: (second & 0x40) !== 0,
    counter: fourth & 15,
    isDiscontinuous,
    isSound: (second & 0x80) === 0 && fourth >> 6 === 0,
    payload: bytes.subarray(at),
  };
}
