import type { ByteEvents, ByteStream } from "../../../relay/transport/websocket/byte_stream.ts";

/** A connection of a client: its reads can be held, like those of one that does not read. */
export class TcpStream implements ByteStream {
  readonly #conn: Deno.Conn;
  #early: Uint8Array;
  #writing: Promise<void> = Promise.resolve();
  #held: PromiseWithResolvers<void> | undefined;
  #isOver = false;

  constructor(conn: Deno.Conn, early: Uint8Array = new Uint8Array()) {
    this.#conn = conn;
    this.#early = early;
  }

  listen(events: ByteEvents): void {
    void this.#read(events);
  }

  write(bytes: Uint8Array): Promise<void> {
    const writing = this.#writing.then(async () => {
      let left = bytes;
      while (left.length > 0) left = left.subarray(await this.#conn.write(left));
    });
    this.#writing = writing.catch(() => {});
    return writing;
  }

  end(): void {
    void this.#writing.then(() => this.#conn.closeWrite()).catch(() => {});
  }

  destroy(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.letGo();
    try {
      this.#conn.close();
    } catch {
      // It has ended already.
    }
  }

  /** Reads nothing from now on, but for what is being read. */
  hold(): void {
    this.#held ??= Promise.withResolvers();
  }

  letGo(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  async #read(events: ByteEvents): Promise<void> {
    if (this.#early.length > 0) events.onBytes(this.#early);
    this.#early = new Uint8Array();
    try {
      for (;;) {
        await this.#held?.promise;
        const bytes = new Uint8Array(16_384);
        const count = await this.#conn.read(bytes);
        if (count === null || this.#isOver) break;
        events.onBytes(bytes.subarray(0, count));
      }
    } catch {
      // It ends like one that was closed.
    }
    events.onEnd("the connection was closed");
    this.destroy();
  }
}
