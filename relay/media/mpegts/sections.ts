import { Pending } from "../pending.ts";
import { MAX_SECTION_BYTES } from "./limits.ts";

/** Puts the tables of one PID together (ISO/IEC 13818-1, 2.4.4). */
export class SectionReader {
  readonly #pending = new Pending();
  #isOpen = false;

  /** Takes a payload, and returns the tables that are complete and have not been damaged. */
  push(payload: Uint8Array, isStart: boolean): Uint8Array[] {
    if (!isStart) return this.#isOpen ? this.#add(payload) : [];
    const pointer = payload[0] ?? 0;
    const rest = payload.subarray(1, 1 + pointer);
    const before = this.#isOpen ? this.#add(rest) : [];
    this.#pending.cut(0);
    this.#isOpen = true;
    return [...before, ...this.#add(payload.subarray(1 + pointer))];
  }

  /** What has come of a table is of no use. */
  breakOff(): void {
    this.#isOpen = false;
    this.#pending.cut(0);
  }

  #add(bytes: Uint8Array): Uint8Array[] {
    const found: Uint8Array[] = [];
    const all = this.#pending.add(bytes);
    let at = 0;
    while (all.length - at >= 3 && all[at] !== STUFFING) {
      const end = at + 3 + ((all[at + 1]! & 15) << 8 | all[at + 2]!);
      if (end - at > MAX_SECTION_BYTES) {
        this.breakOff();
        return found;
      }
      if (end > all.length) break;
      const section = all.slice(at, end);
      if (section.length >= MIN_SECTION_BYTES && checksum(section) === 0) found.push(section);
      at = end;
    }
    if (all[at] === STUFFING) this.breakOff();
    else this.#pending.drop(at);
    return found;
  }
}

/** Behind the last table of a packet. */
const STUFFING = 0xff;

/** A table with nothing in it but its head and its checksum. */
const MIN_SECTION_BYTES = 12;

const POLYNOMIAL = 0x04c11db7;

/** The checksum of a table (ISO/IEC 13818-1, annex A), which is 0 over one that ends with its own. */
export function checksum(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte << 24;
    for (let bit = 0; bit < 8; bit++) value = value << 1 ^ (value < 0 ? POLYNOMIAL : 0);
  }
  return value >>> 0;
}
