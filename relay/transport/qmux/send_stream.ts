import { TransportError } from "../errors.ts";
import type { Code, SendStream } from "../types.ts";
import { sizeOf } from "./integers.ts";
import { encodeFrame, streamHeader } from "./frames.ts";
import { MAX_STREAM_PAYLOAD } from "./limits.ts";
import type { Outbox, Sender, SentFrame } from "./outbox.ts";
import { fixedFrame } from "./pending_frame.ts";
import { SendCredit } from "./windows.ts";

/** What a half of a stream needs of its connection. */
export interface StreamOwner {
  /** Called when a half is over. */
  ended(half: object): void;
}

/** A write that is under way. */
interface Write {
  readonly bytes: Uint8Array;
  /** Bytes that were sent. */
  at: number;
  readonly resolve: () => void;
  readonly reject: (error: TransportError) => void;
}

/** The sending half of a stream. */
export class QmuxSendStream implements SendStream, Sender {
  priority = 0;
  readonly #id: number;
  readonly #outbox: Outbox;
  readonly #owner: StreamOwner;
  readonly #credit: SendCredit;
  readonly #writes: Write[] = [];
  // Set by finish(), until the FIN is sent.
  #finishing: PromiseWithResolvers<void> | undefined;
  // Why nothing can be written any more.
  #failure: TransportError | undefined;
  #isOver = false;

  constructor(
    id: number,
    { outbox, owner, credit }: {
      readonly outbox: Outbox;
      readonly owner: StreamOwner;
      /** Bytes that the peer takes at first. */
      readonly credit: number;
    },
  ) {
    this.#id = id;
    this.#outbox = outbox;
    this.#owner = owner;
    this.#credit = new SendCredit(credit);
  }

  write(bytes: Uint8Array): Promise<void> {
    if (this.#failure?.kind === "stopped" && bytes.length === 0) return Promise.resolve();
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (bytes.length === 0 && this.#writes.length === 0 && this.#credit.used > 0) {
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      this.#writes.push({ bytes, at: 0, resolve, reject });
      this.#outbox.ready(this);
    });
  }

  finish(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#failure = endedHere();
    this.#finishing = Promise.withResolvers<void>();
    this.#outbox.ready(this);
    return this.#finishing.promise;
  }

  reset(code: Code): void {
    if (this.#isOver) return;
    this.#abandon(endedHere());
    this.#sendReset(code);
  }

  /** The peer wants no more of it: nothing is written from now on, and it hears how much came. */
  stopped(code: Code): void {
    if (this.#isOver) return;
    this.#abandon(
      new TransportError("stopped", code, `The peer stopped the stream: error ${code}`),
    );
    this.#sendReset(code);
  }

  /** The connection has ended. */
  fail(error: TransportError): void {
    if (this.#isOver) return void (this.#failure = error);
    this.#abandon(error);
    this.#isOver = true;
  }

  /** The peer takes bytes up to this offset; false when it did before. */
  raise(limit: number): boolean {
    if (!this.#credit.raise(limit)) return false;
    if (this.#writes.length > 0) this.#outbox.ready(this);
    return true;
  }

  next(room: number, credit: number): SentFrame | "blocked" | undefined {
    const write = this.#writes[0];
    if (write === undefined) return this.#finishing && this.#lastFrame();
    const left = write.bytes.length - write.at;
    const space = Math.min(room - this.#headerSize, MAX_STREAM_PAYLOAD, left);
    const allowed = Math.min(space, this.#credit.available);
    if (left > 0 && allowed <= 0) return this.#blockedByPeer();
    if (left > 0 && credit <= 0) return "blocked";
    return this.#frameOf(write, Math.min(allowed, credit));
  }

  /** Bytes of a frame beside its payload, at most. */
  get #headerSize(): number {
    return 1 + sizeOf(this.#id) + sizeOf(this.#credit.used) + sizeOf(MAX_STREAM_PAYLOAD);
  }

  #frameOf(write: Write, length: number): SentFrame {
    const offset = this.#credit.used;
    const payload = write.bytes.subarray(write.at, write.at + length);
    write.at += length;
    this.#credit.use(length);
    if (write.at === write.bytes.length) {
      this.#writes.shift();
      write.resolve();
    }
    const hasMore = this.#writes.length > 0;
    const fin = !hasMore && this.#finishing !== undefined;
    const header = streamHeader(this.#id, offset, { length, fin });
    if (fin) this.#finished();
    return { header, payload, hasMore };
  }

  #lastFrame(): SentFrame {
    const header = streamHeader(this.#id, this.#credit.used, { length: 0, fin: true });
    this.#finished();
    return { header, payload: new Uint8Array(), hasMore: false };
  }

  #finished(): void {
    this.#isOver = true;
    this.#finishing?.resolve();
    this.#finishing = undefined;
    this.#owner.ended(this);
  }

  #blockedByPeer(): undefined {
    if (!this.#credit.isNews) return;
    const { limit } = this.#credit;
    this.#outbox.add(fixedFrame({ kind: "stream_data_blocked", id: this.#id, limit }));
  }

  #abandon(error: TransportError): void {
    const writes = this.#writes.splice(0);
    const finishing = this.#finishing;
    this.#finishing = undefined;
    this.#failure = error;
    this.#outbox.forget(this);
    for (const { reject } of writes) reject(error);
    finishing?.reject(error);
  }

  #sendReset(code: Code): void {
    this.#isOver = true;
    const size = this.#credit.used;
    const bytes = encodeFrame({ kind: "reset", id: this.#id, code, size });
    this.#outbox.add({ encode: () => bytes });
    this.#owner.ended(this);
  }
}

function endedHere(): TransportError {
  return new TransportError("closed", 0, "Cannot write: the stream was ended on this side");
}
