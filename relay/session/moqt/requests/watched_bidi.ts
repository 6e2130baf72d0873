import type { BidiStream, ReceiveStream, SendStream } from "../../../transport/types.ts";

/** The same stream; `onOver` is called once when both of its halves have ended. */
export function watchedBidi(bidi: BidiStream, onOver: () => void): BidiStream {
  const open = new Set(["send", "receive"]);
  const ended = (half: string) => {
    if (open.delete(half) && open.size === 0) onOver();
  };
  return {
    id: bidi.id,
    send: new WatchedSend(bidi.send, () => ended("send")),
    receive: new WatchedReceive(bidi.receive, () => ended("receive")),
  };
}

class WatchedSend implements SendStream {
  readonly #stream: SendStream;
  readonly #onEnd: () => void;

  constructor(stream: SendStream, onEnd: () => void) {
    this.#stream = stream;
    this.#onEnd = onEnd;
  }

  get priority(): number {
    return this.#stream.priority;
  }

  set priority(value: number) {
    this.#stream.priority = value;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      await this.#stream.write(bytes);
    } catch (error) {
      this.#onEnd();
      throw error;
    }
  }

  finish(): Promise<void> {
    this.#onEnd();
    return this.#stream.finish();
  }

  reset(code: number): void {
    this.#onEnd();
    this.#stream.reset(code);
  }
}

class WatchedReceive implements ReceiveStream {
  readonly #stream: ReceiveStream;
  readonly #onEnd: () => void;

  constructor(stream: ReceiveStream, onEnd: () => void) {
    this.#stream = stream;
    this.#onEnd = onEnd;
  }

  async read(into: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | undefined> {
    try {
      const bytes = await this.#stream.read(into);
      if (bytes === undefined) this.#onEnd();
      return bytes;
    } catch (error) {
      this.#onEnd();
      throw error;
    }
  }

  stop(code: number): void {
    this.#onEnd();
    this.#stream.stop(code);
  }
}
