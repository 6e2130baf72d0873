import { RtmpError } from "./errors.ts";

/** The version of the protocol, which every client begins with. */
const VERSION = 3;

/** The bytes of C1 and C2, S1 and S2. */
const PACKET = 1_536;

/** The first bytes of a connection: version and packet, then the echo of the relay's own packet. */
export class Handshake {
  readonly #received = new Uint8Array(1 + 2 * PACKET);
  #filled = 0;
  #isAnswered = false;

  /** Whether it is complete. */
  get isDone(): boolean {
    return this.#filled === this.#received.length;
  }

  /** Takes bytes of the handshake: returns how many, and what is sent back now. */
  push(bytes: Uint8Array): { readonly taken: number; readonly answer: Uint8Array | undefined } {
    const taken = Math.min(bytes.length, this.#received.length - this.#filled);
    this.#received.set(bytes.subarray(0, taken), this.#filled);
    this.#filled += taken;
    if (this.#filled > 0 && this.#received[0] !== VERSION) {
      throw new RtmpError("The connection does not begin like RTMP");
    }
    if (this.#isAnswered || this.#filled < 1 + PACKET) return { taken, answer: undefined };
    this.#isAnswered = true;
    const answer = new Uint8Array(1 + 2 * PACKET);
    answer[0] = VERSION;
    // S1 is zeros: nothing is verified by it. S2 is what the client sent.
    answer.set(this.#received.subarray(1, 1 + PACKET), 1 + PACKET);
    return { taken, answer };
  }
}
