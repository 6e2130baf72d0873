import { joinBytes } from "@qumo/shared/runtime";
import {
  ByteReader,
  encodeStreamType,
  FrameDecoder,
  type FullTrackName,
  type LiteVersion,
  rfc9000,
  SHORT,
} from "@qumo/shared/wire";
import { trackTextOf } from "../../relay/session/lite/dialect/names.ts";
import { BenchClient, type StreamMeter } from "./bench_client.ts";
import type { ServerAddress } from "./server_process.ts";
import { StampReader } from "./stamp_reader.ts";

// More than a group's header takes.
const HEADER_BYTES = 64;

/** A reader of moq-lite with as little of its own as possible, so that what is measured is the server. */
export class LiteReader {
  readonly #client: BenchClient;
  readonly #version: LiteVersion;
  #nextId = 0n;

  private constructor(client: BenchClient, version: LiteVersion) {
    this.#client = client;
    this.#version = version;
  }

  static async connect(
    server: ServerAddress,
    version: LiteVersion,
    maxUniStreams?: number,
  ): Promise<LiteReader> {
    const { protocol } = version;
    return new LiteReader(await BenchClient.connect(server, { protocol, maxUniStreams }), version);
  }

  /** Says hello; what the other side asks for is left unanswered. */
  async setUp(): Promise<void> {
    const { messages, uniStreams } = this.#version;
    const stream = await this.#client.connection.openUni();
    const setup = messages.setup!.encode({ probe: 0 });
    await stream.write(joinBytes([encodeStreamType(uniStreams.setup!), setup]));
    await stream.finish();
  }

  /** Subscribes to a track; resolves when the other side has begun to answer. */
  async subscribe(track: FullTrackName): Promise<void> {
    const { messages, requests } = this.#version;
    const { send, receive } = await this.#client.connection.openBidi();
    const message = messages.subscribe.encode({
      ...trackTextOf(track)!,
      id: this.#nextId++,
      priority: 128,
      oldestFirst: false,
      maxAge: 10_000n,
      start: { kind: "latest" },
      endGroup: undefined,
      startFrame: 0n,
      endFrame: undefined,
    });
    await send.write(joinBytes([encodeStreamType(requests.subscribe!), message]));
    void receive.read(new Uint8Array(HEADER_BYTES)).catch(() => {});
  }

  /** Reads every stream that comes, until the connection ends. */
  receive(arrived: (stamp: number) => void): Promise<void> {
    return this.#client.receive(() => new FrameMeter(arrived, this.#version));
  }

  /** Leaves. */
  close(): void {
    this.#client.close();
  }
}

/** Reads timestamps out of one group. Other streams are skipped. */
class FrameMeter implements StreamMeter {
  readonly #stamps: StampReader;
  #decoder: FrameDecoder | undefined;
  readonly #version: LiteVersion;
  #isOther = false;

  constructor(arrived: (stamp: number) => void, version: LiteVersion) {
    this.#stamps = new StampReader(arrived);
    this.#version = version;
  }

  take(bytes: Uint8Array, end: number): number {
    let at = this.#decoder === undefined ? this.#begin(bytes, end) : 0;
    if (this.#isOther) return end;
    const decoder = this.#decoder;
    if (decoder === undefined) return at;
    for (;;) {
      if (this.#stamps.left > 0) at = this.#stamps.take(bytes, at, end);
      if (this.#stamps.left > 0) return at;
      const payload = decoder.decode(bytes, at, end);
      if (payload === SHORT) return at;
      at = payload;
      this.#stamps.begin(decoder.payloadLength);
    }
  }

  #begin(bytes: Uint8Array, end: number): number {
    const reader = new ByteReader(bytes, rfc9000, 0, end);
    this.#isOther = end > 0 && reader.varint() !== this.#version.uniStreams.group;
    if (this.#isOther || end < HEADER_BYTES) return 0;
    const length = reader.count(HEADER_BYTES, "The header of a group");
    reader.bytes(length);
    this.#decoder = new FrameDecoder(this.#version.frames);
    return reader.offset;
  }
}
