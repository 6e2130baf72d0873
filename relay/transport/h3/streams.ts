/** Streams of a WebTransport session over streams of QUIC: a prefix, and codes in their range. */
import { TransportError } from "../errors.ts";
import type { Code, ReceiveStream, SendStream } from "../types.ts";
import { fromHttp3Code, toHttp3Code } from "./codes.ts";
import { concat } from "./varint.ts";

/** The sending half. The prefix travels with the first bytes, so that a stream costs no extra write. */
export class WebTransportSendStream implements SendStream {
  readonly #raw: SendStream;
  #prefix: Uint8Array | undefined;

  constructor(raw: SendStream, prefix?: Uint8Array) {
    this.#raw = raw;
    this.#prefix = prefix;
  }

  // The relay's hottest call: forwarded, and an error translated.
  write(bytes: Uint8Array): Promise<void> {
    if (this.#prefix !== undefined) return this.#writeFirst(bytes);
    return this.#raw.write(bytes).then(undefined, translate);
  }

  async finish(): Promise<void> {
    if (this.#prefix !== undefined) await this.#writeFirst(new Uint8Array());
    return await this.#raw.finish().then(undefined, translate);
  }

  reset(code: Code): void {
    this.#raw.reset(toHttp3Code(code));
  }

  get priority(): number {
    return this.#raw.priority;
  }

  set priority(value: number) {
    this.#raw.priority = value;
  }

  #writeFirst(bytes: Uint8Array): Promise<void> {
    const first = concat(this.#prefix!, bytes);
    this.#prefix = undefined;
    return this.#raw.write(first).then(undefined, translate);
  }
}

/** The receiving half, which begins with what was read together with the stream's header. */
export class WebTransportReceiveStream implements ReceiveStream {
  readonly #raw: ReceiveStream;
  #first: Uint8Array | undefined;

  constructor(raw: ReceiveStream, first?: Uint8Array) {
    this.#raw = raw;
    this.#first = first?.length ? first : undefined;
  }

  read(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#first !== undefined) return Promise.resolve(this.#readFirst(this.#first, into));
    return this.#raw.read(into).then(undefined, translate);
  }

  stop(code: Code): void {
    this.#first = undefined;
    this.#raw.stop(toHttp3Code(code));
  }

  #readFirst(first: Uint8Array, into: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
    const length = Math.min(first.length, into.length);
    into.set(first.subarray(0, length));
    this.#first = length < first.length ? first.subarray(length) : undefined;
    return into.subarray(0, length);
  }
}

function translate(error: unknown): never {
  if (!(error instanceof TransportError) || error.code === 0) throw error;
  throw new TransportError(error.kind, fromHttp3Code(error.code), error.message, { cause: error });
}
