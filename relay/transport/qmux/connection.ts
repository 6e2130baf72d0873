import type { Clock, Timer } from "@qumo/shared/runtime";
import { TransportError } from "../errors.ts";
import { MAX_CLOSE_REASON } from "../limits.ts";
import type {
  BidiStream,
  CloseInfo,
  Code,
  Connection,
  ReceiveStream,
  SendStream,
} from "../types.ts";
import type { ChannelEnd, ChannelEvents, RecordChannel } from "./channel.ts";
import { QmuxCode, QmuxError } from "./codes.ts";
import { Datagrams } from "./datagrams.ts";
import { FrameGuard } from "./frame_guard.ts";
import { FrameReceiver } from "./frame_receiver.ts";
import { encodeFrame, FrameReader } from "./frames.ts";
import { KeepAlive } from "./keep_alive.ts";
import {
  CONNECTION_WINDOW,
  LINGER_TIMEOUT,
  MAX_FRAME_SIZE,
  MAX_FRAMES_WAITING,
  MAX_RECORD_SIZE,
  STREAM_WINDOW,
} from "./limits.ts";
import { Outbox } from "./outbox.ts";
import { fixedFrame } from "./pending_frame.ts";
import type { TransportParameters } from "./parameters.ts";
import { Pings } from "./pings.ts";
import { type Role, type StreamLimits, Streams } from "./streams.ts";

/** The drafts of QMux that are spoken. `qmux-00` has one frame in a message, no pings, no datagrams. */
export type QmuxVersion = "qmux-02" | "qmux-01" | "qmux-00";

/** Limits of a connection; times are in milliseconds. */
export interface QmuxLimits extends StreamLimits {
  /** Silence after which the peer is asked for a sign; 0 never asks. */
  readonly keepAliveInterval: number;
  /** Silence after which the peer is lost. */
  readonly maxIdleTimeout: number;
}

/** What a connection is made of. */
export interface QmuxParts {
  readonly channel: RecordChannel;
  readonly role: Role;
  readonly version: QmuxVersion;
  readonly protocol: string | undefined;
  readonly path: string;
  readonly authority: string;
  readonly remoteAddress: string;
  readonly limits: QmuxLimits;
  readonly clock: Clock;
}

/** A connection over a channel of records (draft-ietf-quic-qmux). */
export class QmuxConnection implements Connection, ChannelEvents {
  readonly transport = "websocket";
  readonly canReset = true;
  readonly protocol: string | undefined;
  readonly path: string;
  readonly authority: string;
  readonly remoteAddress: string;
  readonly closed: Promise<CloseInfo>;
  /** Resolves when the peer has declared its parameters; rejects when the connection ends before. */
  readonly ready: Promise<void>;
  readonly #channel: RecordChannel;
  readonly #version: QmuxVersion;
  readonly #clock: Clock;
  readonly #outbox: Outbox;
  readonly #streams: Streams;
  readonly #datagrams: Datagrams;
  readonly #pings: Pings;
  readonly #keepAlive: KeepAlive;
  readonly #guard: FrameGuard;
  readonly #receiver: FrameReceiver;
  readonly #resolveClosed: (info: CloseInfo) => void;
  readonly #rejectReady: (error: TransportError) => void;
  #over: CloseInfo | undefined;
  #lingering: Timer | undefined;

  constructor({ channel, role, version, limits, clock, ...rest }: QmuxParts) {
    const { protocol, path, authority, remoteAddress } = rest;
    this.protocol = protocol;
    this.path = path;
    this.authority = authority;
    this.remoteAddress = remoteAddress;
    this.#channel = channel;
    this.#version = version;
    this.#clock = clock;
    ({ promise: this.closed, resolve: this.#resolveClosed } = Promise.withResolvers());
    const ready = Promise.withResolvers<void>();
    ready.promise.catch(() => {});
    ({ promise: this.ready, reject: this.#rejectReady } = ready);
    const isPacked = version !== "qmux-00";
    this.#outbox = new Outbox({
      channel,
      maxRecord: isPacked ? MAX_RECORD_SIZE : MAX_FRAME_SIZE,
      isPacked,
      onWriting: (isWriting) => this.#keepAlive.writing(isWriting),
      onFull: () => this.giveUp(QmuxCode.internalError, TOO_MANY_FRAMES),
    });
    this.#streams = new Streams(this.#outbox, role, limits);
    this.#datagrams = new Datagrams(this.#outbox, isPacked);
    this.#pings = new Pings(this.#outbox);
    this.#guard = new FrameGuard(clock);
    this.#receiver = new FrameReceiver({
      hasRecords: isPacked,
      outbox: this.#outbox,
      streams: this.#streams,
      datagrams: this.#datagrams,
      pings: this.#pings,
      guard: this.#guard,
      onReady: ready.resolve,
      onClosed: (code, reason) => this.#peerClosed(code, reason),
    });
    this.#keepAlive = new KeepAlive({
      clock,
      interval: limits.keepAliveInterval,
      timeout: limits.maxIdleTimeout,
      onQuiet: () => this.#probe(),
      onLost: () => this.#lose(`nothing was heard for ${limits.maxIdleTimeout} ms`),
    });
    this.#outbox.add(fixedFrame({ kind: "parameters", parameters: this.#declare(limits) }));
    channel.listen(this);
  }

  openUni(): Promise<SendStream> {
    return this.#streams.openUni();
  }

  openBidi(): Promise<BidiStream> {
    return this.#streams.openBidi();
  }

  acceptUni(): Promise<ReceiveStream | undefined> {
    return this.#streams.acceptUni();
  }

  acceptBidi(): Promise<BidiStream | undefined> {
    return this.#streams.acceptBidi();
  }

  get maxDatagramSize(): number {
    return this.#datagrams.maxSize;
  }

  sendDatagram(bytes: Uint8Array): boolean {
    return this.#datagrams.send(bytes);
  }

  receiveDatagram(): Promise<Uint8Array | undefined> {
    return this.#datagrams.take();
  }

  /** QMux has no such request; sessions have their own. */
  drain(): void {}

  close(code: Code, reason: string): void {
    this.#closeWith({ code, reason, by: "local" });
  }

  unread(): number {
    return this.#streams.received.unread;
  }

  /** Closes the connection because the peer exceeded a limit. */
  giveUp(code: Code, reason: string): void {
    this.#closeWith({ code, reason, by: "local", overLimit: true });
  }

  onRecord(record: Uint8Array): void {
    if (this.#over !== undefined) return;
    this.#keepAlive.heard();
    this.#within(() => {
      const limit = this.#version === "qmux-00" ? MAX_FRAME_SIZE : MAX_RECORD_SIZE;
      if (record.length > limit) {
        throw new QmuxError(QmuxCode.frameEncodingError, `a record of ${record.length} bytes`);
      }
      if (record.length === 0) this.#guard.count();
      const frames = new FrameReader(record);
      for (let frame = frames.next(); frame !== undefined; frame = frames.next()) {
        this.#receiver.receive(frame);
        if (this.#over !== undefined) return;
      }
    });
  }

  onSign(): void {
    if (this.#over !== undefined) return;
    this.#keepAlive.heard();
    this.#within(() => this.#guard.count());
  }

  onViolation(reason: string): void {
    this.#violated(new QmuxError(QmuxCode.frameEncodingError, reason));
  }

  onEnd({ byPeer, reason }: ChannelEnd): void {
    this.#end({ code: 0, reason, by: byPeer ? "peer" : "lost" });
    this.#gone();
  }

  #declare(limits: QmuxLimits): TransportParameters {
    return {
      maxIdleTimeout: limits.maxIdleTimeout,
      maxData: CONNECTION_WINDOW,
      maxStreamDataBidiLocal: STREAM_WINDOW,
      maxStreamDataBidiRemote: STREAM_WINDOW,
      maxStreamDataUni: STREAM_WINDOW,
      maxStreamsBidi: limits.maxBidiStreams,
      maxStreamsUni: limits.maxUniStreams,
      maxDatagramFrame: this.#datagrams.frameSize,
      maxRecordSize: MAX_RECORD_SIZE,
    };
  }

  #within(work: () => void): void {
    try {
      work();
    } catch (error) {
      const isTheirs = error instanceof QmuxError;
      this.#violated(isTheirs ? error : new QmuxError(QmuxCode.internalError, `${error}`));
    }
  }

  #probe(): void {
    this.#channel.probe();
    // The peer's own idle timer counts records only.
    if (this.#version !== "qmux-00") this.#pings.send();
  }

  #peerClosed(code: Code, reason: string): void {
    this.#end({ code, reason, by: "peer" });
    this.#channel.end();
    this.#linger();
  }

  #violated({ code, message, isOverLimit }: QmuxError): void {
    const info: CloseInfo = { code, reason: message, by: "local" };
    const close = encodeFrame({ kind: "close", code, frame: 0, reason: message });
    this.#closeWith(isOverLimit ? { ...info, overLimit: true } : info, close);
  }

  #closeWith(info: CloseInfo, frame?: Uint8Array): void {
    if (this.#over !== undefined) return;
    const { code } = info;
    const reason = info.reason.slice(0, MAX_CLOSE_REASON);
    const last = frame ?? encodeFrame({ kind: "application_close", code, reason });
    this.#outbox.finish([last]);
    this.#end(info);
    this.#linger();
  }

  #lose(reason: string): void {
    this.#end({ code: 0, reason, by: "lost" });
    this.#gone();
  }

  // The peer answers by ending the channel.
  #linger(): void {
    this.#lingering = this.#clock.after(LINGER_TIMEOUT, () => this.#gone());
  }

  #end(info: CloseInfo): void {
    if (this.#over !== undefined) return;
    this.#over = info;
    const { by, code, reason } = info;
    const error = new TransportError("closed", by === "peer" ? code : 0, `It ended: ${reason}`);
    this.#keepAlive.close();
    this.#outbox.close();
    this.#streams.close(error);
    this.#datagrams.close();
    this.#rejectReady(error);
  }

  #gone(): void {
    this.#lingering?.cancel();
    this.#channel.destroy();
    this.#resolveClosed(this.#over!);
  }
}

const TOO_MANY_FRAMES = `more than ${MAX_FRAMES_WAITING} frames wait to be read`;
