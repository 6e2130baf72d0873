import { type Clock, type Log, messageOf, sleep } from "@qumo/shared/runtime";
import type { EncoderLimit } from "../../vocabulary/mod.ts";
import type { Encoder } from "../ingest/encoder.ts";
import { encoderName } from "../ingest/encoder_name.ts";
import type { Ingests } from "../ingest/ingests.ts";
import { Pace } from "../ingest/pace.ts";
import { RtmpError } from "./errors.ts";
import { FlvReader } from "./flv_reader.ts";
import { RTMP_FAREWELL_MS, RTMP_READ_BYTES } from "./limits.ts";
import { type PublishRequest, RtmpSession } from "./session.ts";

/** A connection that RTMP comes by. */
export interface RtmpTransport {
  /** Address and port of the peer. */
  readonly remoteAddress: string;
  /** Reads what is there; null at the end. */
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<void>;
  close(): void;
  /** Whether an error of it is one of the connection. */
  isEnd(error: unknown): boolean;
}

/** What every connection works with. */
export interface RtmpParts {
  readonly ingests: Ingests;
  readonly maxMessageBytes: number;
  readonly maxBytesPerSecond: number;
  /** Time until it publishes. */
  readonly handshakeTimeoutMs: number;
  readonly onLimit: (limit: EncoderLimit) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** One connection of an encoder, from its handshake to its end. */
export class RtmpConnection {
  readonly #parts: RtmpParts;
  readonly #transport: RtmpTransport;
  readonly #session: RtmpSession;
  readonly #flv: FlvReader;
  readonly #stop = new AbortController();
  #encoder: Encoder | undefined;
  #outgoing: Uint8Array[] = [];
  #hasEnded = false;
  #isSlowed = false;

  constructor(parts: RtmpParts, transport: RtmpTransport) {
    this.#parts = parts;
    this.#transport = transport;
    this.#session = new RtmpSession(parts.maxMessageBytes, {
      send: (bytes) => void this.#outgoing.push(bytes),
      publish: (request) => this.#publish(request),
      media: (media) => this.#flv.take(media),
      ended: () => this.#hasEnded = true,
    });
    this.#flv = new FlvReader({
      configure: (track, config) => this.#encoder?.configure(track, config),
      frame: (track, frame) => this.#encoder?.frame(track, frame),
      lost: (track, reason) => this.#encoder?.lost(track, reason),
    });
  }

  /** Whether an encoder was let in by it. */
  get isPublishing(): boolean {
    return this.#encoder !== undefined;
  }

  /** Reads until the end. Never rejects. */
  async run(): Promise<void> {
    const { clock, handshakeTimeoutMs } = this.#parts;
    const timer = clock.after(handshakeTimeoutMs, () => {
      if (this.#encoder === undefined) this.#refuse("timeout", "it published nothing in time");
    });
    try {
      await this.#read();
      if (this.#hasEnded) this.#encoder?.end("ended", "the encoder ended the stream");
      else this.#encoder?.end("lost", "the connection ended without a word");
    } catch (error) {
      this.#failed(error);
    } finally {
      timer.cancel();
      this.close();
    }
  }

  /** Ends the connection. */
  close(): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort();
    this.#transport.close();
  }

  async #read(): Promise<void> {
    const { clock, maxBytesPerSecond } = this.#parts;
    const pace = new Pace(clock, maxBytesPerSecond);
    const buffer = new Uint8Array(RTMP_READ_BYTES);
    const { signal } = this.#stop;
    while (!signal.aborted && !this.#hasEnded) {
      const length = await this.#transport.read(buffer);
      if (length === null) return;
      const before = this.#session.messages;
      await this.#session.feed(buffer.subarray(0, length));
      await this.#flush();
      const wait = pace.took(length, this.#session.messages - before);
      if (wait === 0) continue;
      this.#slowed();
      await sleep(clock, wait, signal);
    }
  }

  /** Sends what is to be sent before more is read, so that nothing piles up. */
  async #flush(): Promise<void> {
    while (this.#outgoing.length > 0) {
      const [...pieces] = this.#outgoing;
      this.#outgoing = [];
      for (const bytes of pieces) await this.#transport.write(bytes);
    }
  }

  async #publish({ app, key }: PublishRequest): Promise<string | undefined> {
    const { ingests } = this.#parts;
    const { remoteAddress } = this.#transport;
    const name = encoderName(app, key);
    const fields = { protocol: "rtmp", peer: remoteAddress };
    if (name === undefined || key === "") {
      this.#hasEnded = true;
      return ingests.refuse({ why: "name", reason: "the stream key names nothing" }, fields).reason;
    }
    const admitted = await ingests.admit({ protocol: "rtmp", ...name, remoteAddress });
    if (!admitted.ok) {
      this.#hasEnded = true;
      return admitted.refusal.reason;
    }
    const encoder = admitted.value;
    if (this.#stop.signal.aborted) {
      encoder.end("lost", "the connection ended");
      return "the connection ended";
    }
    this.#encoder = encoder;
    encoder.closesBy((reason) => this.#endedByRelay(reason));
    return undefined;
  }

  #endedByRelay(reason: string): void {
    if (this.#stop.signal.aborted || this.#hasEnded) return;
    this.#session.refuse(reason);
    // As far as the peer reads it: one that reads nothing does not keep its connection.
    const timer = this.#parts.clock.after(RTMP_FAREWELL_MS, () => this.close());
    this.#flush().catch(() => {}).finally(() => {
      timer.cancel();
      this.close();
    });
  }

  #refuse(why: "timeout" | "malformed", reason: string): void {
    const { ingests } = this.#parts;
    ingests.refuse({ why, reason }, { protocol: "rtmp", peer: this.#transport.remoteAddress });
    this.close();
  }

  #failed(error: unknown): void {
    if (error instanceof RtmpError) {
      if (this.#encoder === undefined) this.#refuse("malformed", error.message);
      else this.#encoder.end("malformed", error.message);
      return;
    }
    if (this.#stop.signal.aborted) return void this.#encoder?.end("lost", "the connection ended");
    if (this.#transport.isEnd(error)) {
      return void this.#encoder?.end("lost", `the connection ended: ${messageOf(error)}`);
    }
    this.#parts.log.error("an encoder's connection failed", { error });
    this.#encoder?.end("internal_error", messageOf(error));
  }

  #slowed(): void {
    this.#parts.onLimit("rate");
    if (this.#isSlowed) return;
    this.#isSlowed = true;
    this.#parts.log.warn("the encoder sends faster than it may, and is read no faster", {
      peer: this.#transport.remoteAddress,
      bytes_per_second: this.#parts.maxBytesPerSecond,
    });
  }
}
