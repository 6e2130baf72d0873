import { QmuxCode, QmuxError } from "./codes.ts";
import { encodeFrame } from "./frames.ts";
import type { Outbox } from "./outbox.ts";
import { fixedFrame } from "./pending_frame.ts";

/** QX_PING in both directions. Of several pings that wait for an answer only the last gets one. */
export class Pings {
  readonly #outbox: Outbox;
  #sent = -1;
  #received = -1;
  readonly #answer = { encode: () => encodeFrame({ kind: "pong", sequence: this.#received }) };

  constructor(outbox: Outbox) {
    this.#outbox = outbox;
  }

  send(): void {
    this.#outbox.add(fixedFrame({ kind: "ping", sequence: ++this.#sent }));
  }

  /** The peer's ping. Throws a {@linkcode QmuxError}. */
  asked(sequence: number): void {
    if (sequence <= this.#received) {
      throw new QmuxError(QmuxCode.protocolViolation, `ping ${sequence} after ${this.#received}`);
    }
    this.#received = sequence;
    this.#outbox.add(this.#answer);
  }

  /** The peer's answer. Throws a {@linkcode QmuxError}. */
  answered(sequence: number): void {
    if (sequence <= this.#sent) return;
    throw new QmuxError(QmuxCode.protocolViolation, `an answer to ping ${sequence}, never sent`);
  }
}
