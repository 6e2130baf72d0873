import { type Layout, type LiteVersion, rfc9000, type StreamErrorName } from "@qumo/shared/wire";
import { type BidiStream, URGENT } from "../../transport/types.ts";
import type { RefusalKind } from "../../vocabulary/mod.ts";
import { readVarint } from "../framing.ts";
import { Input } from "../input.ts";
import { MAX_SEND_BACKLOG_BYTES } from "../limits.ts";
import { MAX_LITE_FRAME_BYTES, readBody, readLite } from "./framing.ts";

/** How the streams of one session are read and ended. */
export interface LiteStreamRules {
  readonly version: LiteVersion;
  /** Whether streams can be reset. */
  readonly canReset: boolean;
  /** Waits until the peer's rate limit allows the next message. */
  readonly admit: () => Promise<void>;
}

/** A transaction on a bidirectional stream; it ends with either half of it. */
export class LiteStream {
  readonly #bidi: BidiStream;
  readonly #rules: LiteStreamRules;
  readonly #input: Input;
  #backlog = 0;
  #isReading = false;
  #sendingEnded = false;
  #onStopped: (() => void) | undefined;

  constructor(bidi: BidiStream, rules: LiteStreamRules) {
    this.#bidi = bidi;
    this.#rules = rules;
    const { streamCodes } = rules.version;
    this.#input = new Input(bidi.receive, MAX_LITE_FRAME_BYTES, { codes: streamCodes });
    bidi.send.priority = URGENT - 1;
  }

  /** Whether bytes of the peer are waited for. */
  get awaitsPeer(): boolean {
    return this.#isReading;
  }

  /** The peer's half, for what are no messages. */
  get input(): Input {
    return this.#input;
  }

  /** Our half, for what are no messages. */
  get output(): BidiStream["send"] {
    return this.#bidi.send;
  }

  /** Calls `callback` when the peer has stopped our half. */
  onStopped(callback: () => void): void {
    this.#onStopped = callback;
  }

  /** The stream's type; undefined when it ends before. */
  type(): Promise<bigint | undefined> {
    return this.#reading(() => readVarint(this.#input, rfc9000));
  }

  /** The peer's next message; undefined after the last one. Rejects when the stream is reset. */
  async next<T>(layout: Layout<T>): Promise<T | undefined> {
    const message = await this.#reading(() => readLite(this.#input, layout));
    if (message !== undefined) await this.#rules.admit();
    return message;
  }

  /** As {@linkcode LiteStream.next}, not decoded. */
  async nextBody(layout: Pick<Layout<unknown>, "isTyped">): ReturnType<typeof readBody> {
    const message = await this.#reading(() => readBody(this.#input, layout));
    if (message !== undefined) await this.#rules.admit();
    return message;
  }

  /** Reads and drops messages until the peer's half ends. */
  async drain(): Promise<void> {
    do this.#input.start = this.#input.end; while (await this.#input.fill());
  }

  async #reading<T>(read: () => Promise<T>): Promise<T> {
    this.#isReading = true;
    try {
      return await read();
    } finally {
      this.#isReading = false;
    }
  }

  /** Sends bytes; gives the stream up when the peer does not read them. */
  send(bytes: Uint8Array): void {
    if (this.#sendingEnded || bytes.length === 0) return;
    if (this.#backlog + bytes.length > MAX_SEND_BACKLOG_BYTES) {
      this.cancel("too_far_behind");
      return this.#onStopped?.();
    }
    this.#backlog += bytes.length;
    this.#bidi.send.write(bytes).then(() => void (this.#backlog -= bytes.length), this.#stopped);
  }

  /** Ends our half. */
  finish(): void {
    if (this.#sendingEnded) return;
    this.#sendingEnded = true;
    this.#bidi.send.finish().catch(() => {});
  }

  /** Ends both halves; if streams cannot be reset, ours with a FIN. */
  cancel(code: StreamErrorName): void {
    this.#end(this.#rules.version.streamCodes[code]);
  }

  /** Ends the peer's request without an answer, which is how it is refused. */
  refuse(kind: RefusalKind): void {
    const { refusalCodes } = this.#rules.version;
    this.#end(refusalCodes[kind] ?? refusalCodes.internal_error);
  }

  #end(code: number): void {
    this.#bidi.receive.stop(code);
    if (this.#sendingEnded) return;
    if (!this.#rules.canReset) return this.finish();
    this.#sendingEnded = true;
    this.#bidi.send.reset(code);
  }

  readonly #stopped = () => {
    if (this.#sendingEnded) return;
    this.#sendingEnded = true;
    this.#onStopped?.();
  };
}
