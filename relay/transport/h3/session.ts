import { type Clock, sleep } from "@qumo/shared/runtime";
import { TransportError } from "../errors.ts";
import type {
  BidiStream,
  CloseInfo,
  Code,
  Connection,
  ReceiveStream,
  SendStream,
} from "../types.ts";
import { CapsuleParser, encodeClose, encodeDrain } from "./capsules.ts";
import { fromHttp3Code, Http3Code, Http3Error } from "./codes.ts";
import { UniStreamType } from "./control_stream.ts";
import { encodeFrame, type FrameReader, FrameType, unexpected } from "./frames.ts";
import { linger } from "./handshake.ts";
import { GOODBYE_GRACE } from "./limits.ts";
import type { PeerStreams, RequestStream } from "./peer_streams.ts";
import type { Settings } from "./settings.ts";
import { WebTransportReceiveStream, WebTransportSendStream } from "./streams.ts";
import { concat, decodeVarint, encodeVarint } from "./varint.ts";

/** The result of the handshake, from which a session is made. */
export interface SessionParts {
  readonly raw: Connection;
  readonly peer: PeerStreams;
  readonly settings: Settings;
  readonly request: RequestStream;
  readonly protocol: string | undefined;
  readonly path: string;
  readonly authority: string;
  readonly clock: Clock;
}

/** A WebTransport session, the only one on its QUIC connection (draft-ietf-webtrans-http3). */
export class WebTransportConnection implements Connection {
  readonly transport = "webtransport";
  readonly protocol: string | undefined;
  readonly path: string;
  readonly authority: string;
  readonly closed: Promise<CloseInfo>;
  readonly #raw: Connection;
  readonly #peer: PeerStreams;
  readonly #send: SendStream;
  readonly #clock: Clock;
  readonly #datagrams: boolean;
  readonly #uniPrefix: Uint8Array;
  readonly #bidiPrefix: Uint8Array;
  readonly #datagramId: bigint;
  readonly #datagramPrefix: Uint8Array;
  readonly #closing = Promise.withResolvers<CloseInfo>();
  #over: CloseInfo | undefined;

  constructor(parts: SessionParts) {
    const id = parts.request.stream.id;
    this.protocol = parts.protocol;
    this.path = parts.path;
    this.authority = parts.authority;
    this.#raw = parts.raw;
    this.#peer = parts.peer;
    this.#send = parts.request.stream.send;
    this.#clock = parts.clock;
    this.#datagrams = parts.settings.datagrams;
    this.#uniPrefix = concat(encodeVarint(UniStreamType.webTransport), encodeVarint(id));
    this.#bidiPrefix = concat(encodeVarint(FrameType.webTransport), encodeVarint(id));
    this.#datagramId = id / 4n;
    this.#datagramPrefix = encodeVarint(this.#datagramId);
    parts.peer.useSession(id);
    this.closed = this.#run(this.#listen(parts.request.frames));
  }

  get remoteAddress(): string {
    return this.#raw.remoteAddress;
  }

  get canReset(): boolean {
    return this.#raw.canReset;
  }

  async openUni(): Promise<SendStream> {
    this.#mustBeOpen();
    return new WebTransportSendStream(await this.#raw.openUni(), this, this.#uniPrefix);
  }

  async openBidi(): Promise<BidiStream> {
    this.#mustBeOpen();
    return this.#bidi(await this.#raw.openBidi(), this.#bidiPrefix);
  }

  async acceptUni(): Promise<ReceiveStream | undefined> {
    const stream = await this.#peer.acceptUni();
    return stream && new WebTransportReceiveStream(stream.raw, this, stream.first);
  }

  async acceptBidi(): Promise<BidiStream | undefined> {
    const stream = await this.#peer.acceptBidi();
    return stream && this.#bidi(stream.raw, undefined, stream.first);
  }

  get maxDatagramSize(): number {
    if (!this.#datagrams) return 0;
    return Math.max(0, this.#raw.maxDatagramSize - this.#datagramPrefix.length);
  }

  sendDatagram(bytes: Uint8Array): boolean {
    if (this.#over !== undefined || !this.#datagrams) return false;
    return this.#raw.sendDatagram(concat(this.#datagramPrefix, bytes));
  }

  async receiveDatagram(): Promise<Uint8Array | undefined> {
    for (;;) {
      const bytes = await this.#raw.receiveDatagram();
      if (bytes === undefined || this.#over !== undefined) return undefined;
      const prefix = decodeVarint(bytes);
      if (prefix?.value === this.#datagramId) return bytes.subarray(prefix.end);
      try {
        this.#peer.guard.count();
      } catch (error) {
        if (error instanceof Http3Error) this.#peer.fail(error);
        return undefined;
      }
    }
  }

  drain(): void {
    if (this.#over !== undefined) return;
    this.#peer.tasks.spawn("drain the session", () => this.#say(encodeDrain()));
  }

  close(code: Code, reason: string): void {
    if (this.#over !== undefined) return;
    this.#over = { code, reason, by: "local" };
    this.#closing.resolve(this.#over);
    this.#peer.close();
  }

  #bidi({ id, send, receive }: BidiStream, prefix?: Uint8Array, first?: Uint8Array): BidiStream {
    return {
      id,
      send: new WebTransportSendStream(send, this, prefix),
      receive: new WebTransportReceiveStream(receive, this, first),
    };
  }

  #mustBeOpen(): void {
    if (this.#over === undefined) return;
    const { by, code, reason } = this.#over;
    throw new TransportError("closed", by === "peer" ? code : 0, `The session ended: ${reason}`);
  }

  async #run(heard: Promise<CloseInfo>): Promise<CloseInfo> {
    const info = await Promise.race([this.#closing.promise, heard]);
    if (this.#over !== undefined) await this.#sayGoodbye(info, heard);
    this.#over = info;
    this.#peer.close();
    this.#raw.close(Http3Code.noError, "");
    await this.#raw.closed;
    return info;
  }

  /** Sends the close capsule and waits, for a bounded time, until the peer has received it. */
  async #sayGoodbye({ code, reason }: CloseInfo, heard: Promise<unknown>): Promise<void> {
    await linger(this.#raw, this.#clock, async (signal) => {
      await this.#say(encodeClose(code, reason));
      await this.#send.finish();
      await heard;
      await sleep(this.#clock, GOODBYE_GRACE, signal);
    });
  }

  #say(capsule: Uint8Array): Promise<void> {
    return this.#send.write(encodeFrame(FrameType.data, capsule));
  }

  /** Resolves when the peer closes the session or the connection ends. */
  async #listen(frames: FrameReader): Promise<CloseInfo> {
    try {
      return await readSession(frames, new CapsuleParser(this.#peer.guard));
    } catch (error) {
      if (error instanceof TransportError && error.kind === "reset") {
        return { code: 0, reason: "the stream of the session was reset", by: "peer" };
      }
      if (error instanceof TransportError) return this.#connectionEnded();
      const failure = error instanceof Http3Error
        ? error
        : new Http3Error(Http3Code.internalError, "Internal error", { cause: error });
      this.#peer.fail(failure);
      return endedBy(failure);
    }
  }

  async #connectionEnded(): Promise<CloseInfo> {
    const info = await this.#raw.closed;
    const { failure } = this.#peer;
    if (failure instanceof Http3Error) return endedBy(failure);
    const code = info.code === Http3Code.noError ? 0 : fromHttp3Code(info.code) || info.code;
    return { ...info, code };
  }
}

/** The close information of a protocol violation or an exceeded rate limit. */
function endedBy({ code, message }: Http3Error): CloseInfo {
  const isTooMuch = code === Http3Code.excessiveLoad;
  return { code, reason: message, by: "local", ...(isTooMuch && { overLimit: true }) };
}

/** Reads the CONNECT stream until the peer closes the session. */
async function readSession(frames: FrameReader, parser: CapsuleParser): Promise<CloseInfo> {
  for (;;) {
    const type = await frames.next();
    if (type === undefined) return { code: 0, reason: "", by: "peer" };
    if (type === FrameType.headers || type === FrameType.settings) throw unexpected(type);
    if (type !== FrameType.data) continue;
    for (let part = await frames.chunk(); part !== undefined; part = await frames.chunk()) {
      for (const capsule of parser.push(part)) {
        if (capsule.kind === "close") {
          return { code: capsule.code, reason: capsule.reason, by: "peer" };
        }
      }
    }
  }
}
