import { ByteReader, DecodeError, vi64 } from "@qumo/shared/wire";

/** A stream's bytes, parsed one thing after the other; parsing waits for what is missing. */
export class ByteSource {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #bytes = new Uint8Array();

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  /** What `read` makes of the next bytes; undefined when the stream ends before the first of them. */
  parse<T>(read: (reader: ByteReader) => T): Promise<T | undefined> {
    return this.take((bytes) => {
      try {
        const reader = new ByteReader(bytes, vi64);
        return { value: read(reader), length: reader.offset };
      } catch (error) {
        if (error instanceof DecodeError && error.fault === "short") return undefined;
        throw error;
      }
    });
  }

  /** As {@linkcode ByteSource.parse}, for parsers that return undefined when bytes are missing. */
  async take<T>(
    read: (bytes: Uint8Array) => { readonly value: T; readonly length: number } | undefined,
  ): Promise<T | undefined> {
    for (;;) {
      const taken = this.#bytes.length > 0 ? read(this.#bytes) : undefined;
      if (taken !== undefined) {
        this.#bytes = this.#bytes.slice(taken.length);
        return taken.value;
      }
      if (await this.#more()) continue;
      if (this.#bytes.length === 0) return undefined;
      throw new Error(`The stream ended inside something: ${this.#bytes.toHex()}`);
    }
  }

  /** The next `length` bytes. */
  async bytes(length: number): Promise<Uint8Array> {
    if (length === 0) return new Uint8Array();
    const bytes = await this.parse((reader) => reader.bytes(length).slice());
    if (bytes === undefined) throw new Error(`The stream ended before ${length} bytes`);
    return bytes;
  }

  /** Waits for the end of the stream, which must come next. */
  async end(): Promise<void> {
    if (this.#bytes.length > 0 || await this.#more()) {
      throw new Error(`Bytes instead of the end of the stream: ${this.#bytes.toHex()}`);
    }
  }

  /** Asks the sender to stop. */
  async stop(): Promise<void> {
    await this.#reader.cancel().catch(() => {});
  }

  async #more(): Promise<boolean> {
    const { value, done } = await this.#reader.read();
    if (done) return false;
    const all = new Uint8Array(this.#bytes.length + value.length);
    all.set(this.#bytes);
    all.set(value, this.#bytes.length);
    this.#bytes = all;
    return true;
  }
}
