import type { Code } from "../types.ts";
import { QmuxCode, QmuxError } from "./codes.ts";
import type { Datagrams } from "./datagrams.ts";
import type { FrameGuard } from "./frame_guard.ts";
import type { Frame } from "./frames.ts";
import type { Outbox } from "./outbox.ts";
import type { TransportParameters } from "./parameters.ts";
import type { Pings } from "./pings.ts";
import type { Streams } from "./streams.ts";

/** What {@linkcode FrameReceiver} works with. */
export interface FrameReceiverParts {
  /** Whether several frames are in one record, whose size the peer limits. */
  readonly hasRecords: boolean;
  readonly outbox: Pick<Outbox, "limitRecord" | "raise">;
  readonly streams: Streams;
  readonly datagrams: Datagrams;
  readonly pings: Pings;
  /** Counts what has no use. */
  readonly guard: FrameGuard;
  /** The peer has declared its parameters. */
  readonly onReady: () => void;
  /** The peer closes the connection. */
  readonly onClosed: (code: Code, reason: string) => void;
}

/** Passes the peer's frames on to what they are about, parameters first. */
export class FrameReceiver {
  readonly #parts: FrameReceiverParts;
  #isReady = false;

  constructor(parts: FrameReceiverParts) {
    this.#parts = parts;
  }

  /** Receives the next frame. Throws a {@linkcode QmuxError} for what a peer may not send. */
  receive(frame: Frame): void {
    if (frame.kind === "padding") return this.#parts.guard.count();
    if ((frame.kind === "parameters") === this.#isReady) {
      throw new QmuxError(QmuxCode.protocolViolation, "parameters come first, and once");
    }
    switch (frame.kind) {
      case "parameters":
        return this.#begin(frame.parameters);
      case "stream":
        return this.#receiveData(frame);
      case "datagram":
        return this.#parts.datagrams.receive(frame.data, frame.size);
      case "application_close":
        return this.#parts.onClosed(frame.code, frame.reason);
      case "close":
        return this.#parts.onClosed(frame.code, `transport error: ${frame.reason}`);
      case "ping":
        this.#parts.guard.count();
        return this.#parts.pings.asked(frame.sequence);
      case "pong":
        this.#parts.guard.count();
        return this.#parts.pings.answered(frame.sequence);
      default:
        if (!this.#receiveFlow(frame)) this.#parts.guard.count();
    }
  }

  #begin(peer: TransportParameters): void {
    this.#isReady = true;
    if (this.#parts.hasRecords) this.#parts.outbox.limitRecord(peer.maxRecordSize);
    this.#parts.streams.begin(peer);
    this.#parts.datagrams.begin(peer);
    this.#parts.onReady();
  }

  #receiveData({ id, offset, data, fin }: Frame & { readonly kind: "stream" }): void {
    const stream = this.#parts.streams.receiving(id);
    if (stream === undefined || data.length === 0 && !fin) this.#parts.guard.count();
    stream?.push(data, offset, fin);
  }

  /** Whether the frame had any effect. */
  #receiveFlow(frame: Frame): boolean {
    const streams = this.#parts.streams;
    switch (frame.kind) {
      case "reset": {
        const stream = streams.receiving(frame.id);
        stream?.reset(frame.code, frame.size);
        return stream !== undefined;
      }
      case "stop": {
        const stream = streams.sending(frame.id);
        stream?.stopped(frame.code);
        return stream !== undefined;
      }
      case "max_data":
        return this.#parts.outbox.raise(frame.limit);
      case "max_stream_data":
        return streams.sending(frame.id)?.raise(frame.limit) ?? false;
      case "max_streams_bidi":
        return streams.allow("bidi", frame.limit);
      case "max_streams_uni":
        return streams.allow("uni", frame.limit);
      case "stream_data_blocked":
        streams.receiving(frame.id);
        return false;
      default:
        return false;
    }
  }
}
