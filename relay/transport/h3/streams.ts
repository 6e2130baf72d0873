/** Streams of a WebTransport session over QUIC streams: a header, and mapped error codes. */
import { TransportError } from "../errors.ts";
import type { CloseInfo, Code, ReceiveStream, SendStream } from "../types.ts";
import { fromHttp3Code, toHttp3Code } from "./codes.ts";
import { concat } from "./varint.ts";

/** The session of a stream, which knows how it ended. */
export interface StreamOwner {
  readonly closed: Promise<CloseInfo>;
  readonly canReset: boolean;
}

/**
 * The sending half. The stream header is sent together with the first bytes, so that it costs no
 * extra write.
 */
export class WebTransportSendStream implements SendStream {
  readonly #raw: SendStream;
  readonly #owner: StreamOwner;
  readonly #canReset: boolean;
  #prefix: Uint8Array | undefined;
  #ended = false;

  constructor(raw: SendStream, owner: StreamOwner, prefix?: Uint8Array) {
    this.#raw = raw;
    this.#owner = owner;
    this.#canReset = owner.canReset;
    this.#prefix = prefix;
  }

  // The relay's hottest call: only the promise is forwarded and its error converted.
  write(bytes: Uint8Array): Promise<void> {
    if (this.#ended) return Promise.reject(endedHere());
    return this.#raw.write(this.#withPrefix(bytes)).then(undefined, this.#fail);
  }

  finish(): Promise<void> {
    if (this.#ended) return Promise.reject(endedHere());
    const prefixed = this.#prefix === undefined ? undefined : this.write(new Uint8Array());
    this.#ended = true;
    const finished = this.#raw.finish().then(undefined, this.#fail);
    return prefixed === undefined ? finished : Promise.all([prefixed, finished]).then(() => {});
  }

  reset(code: Code): void {
    if (!this.#canReset) return;
    this.#ended = true;
    this.#raw.reset(toHttp3Code(code));
  }

  get priority(): number {
    return this.#raw.priority;
  }

  set priority(value: number) {
    this.#raw.priority = value;
  }

  #withPrefix(bytes: Uint8Array): Uint8Array {
    if (this.#prefix === undefined) return bytes;
    const first = concat(this.#prefix, bytes);
    this.#prefix = undefined;
    return first;
  }

  readonly #fail = (error: unknown) => rethrow(error, this.#owner);
}

/**
 * The receiving half. It starts with the bytes that were read together with the stream's header.
 */
export class WebTransportReceiveStream implements ReceiveStream {
  readonly #raw: ReceiveStream;
  readonly #owner: StreamOwner;
  #first: Uint8Array | undefined;

  constructor(raw: ReceiveStream, owner: StreamOwner, first?: Uint8Array) {
    this.#raw = raw;
    this.#owner = owner;
    this.#first = first?.length ? first : undefined;
  }

  read(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#first !== undefined) return Promise.resolve(this.#readFirst(this.#first, into));
    return this.#raw.read(into).then(undefined, this.#fail);
  }

  stop(code: Code): void {
    this.#first = undefined;
    this.#raw.stop(toHttp3Code(code));
  }

  #readFirst(first: Uint8Array, into: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const { byteOffset, byteLength } = into;
    const length = Math.min(first.length, byteLength);
    const memory = new Uint8Array(into.buffer.transfer(), byteOffset, length);
    memory.set(first.subarray(0, length));
    this.#first = length < first.length ? first.subarray(length) : undefined;
    return memory;
  }

  readonly #fail = (error: unknown) => rethrow(error, this.#owner);
}

async function rethrow(error: unknown, owner: StreamOwner): Promise<never> {
  if (!(error instanceof TransportError)) throw error;
  const { kind, message } = error;
  if (kind !== "closed") {
    throw new TransportError(kind, fromHttp3Code(error.code), message, { cause: error });
  }
  const { by, code, reason } = await owner.closed;
  throw new TransportError("closed", by === "peer" ? code : 0, `Session ended: ${reason}`, {
    cause: error,
  });
}

function endedHere(): TransportError {
  return new TransportError("closed", 0, "Cannot write: the stream was ended on this side");
}
