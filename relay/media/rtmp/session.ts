import { type AmfValue, readAmf, writeAmf } from "./amf.ts";
import { ChunkReader, type RtmpMessage } from "./chunk_reader.ts";
import { MessageType, writeIntegers, writeMessage } from "./chunk_writer.ts";
import { RtmpError } from "./errors.ts";
import { Handshake } from "./handshake.ts";
import { RTMP_CHUNK_BYTES, RTMP_WINDOW_BYTES } from "./limits.ts";

/** A message of media, or what was said of it. */
export type RtmpMedia =
  | { readonly kind: "audio" | "video"; readonly timestamp: number; readonly payload: Uint8Array }
  | { readonly kind: "metadata"; readonly values: { readonly [name: string]: AmfValue } };

/** What a client wants to publish. */
export interface PublishRequest {
  /** What it connected to, with its query. */
  readonly app: string;
  /** The stream key, with its query. */
  readonly key: string;
}

/** What a session does outside of itself. */
export interface RtmpEvents {
  send(bytes: Uint8Array): void;
  /** Resolves to why the client may not publish; undefined when it may. */
  publish(request: PublishRequest): Promise<string | undefined>;
  media(media: RtmpMedia): void;
  /** The client said that it has ended. */
  ended(): void;
}

/** The stream that a client publishes in. */
const STREAM = 1;

/** Codecs of enhanced RTMP that are taken in, as the server names them. */
const FOURCCS = ["avc1", "hvc1", "av01", "mp4a", "Opus"];

const PING_REQUEST = 6;
const PING_RESPONSE = 7;

/** The server's side of one RTMP connection; it does no I/O. */
export class RtmpSession {
  readonly #events: RtmpEvents;
  readonly #handshake = new Handshake();
  readonly #chunks = new ChunkReader();
  readonly #maxMessageBytes: number;
  #app = "";
  #messages = 0;
  #isPublishing = false;
  #isOver = false;
  #received = 0;
  #acknowledged = 0;
  #window = RTMP_WINDOW_BYTES;

  constructor(maxMessageBytes: number, events: RtmpEvents) {
    this.#maxMessageBytes = maxMessageBytes;
    this.#events = events;
  }

  /** Whether the client may publish, and does. */
  get isPublishing(): boolean {
    return this.#isPublishing;
  }

  /** How many messages have come. */
  get messages(): number {
    return this.#messages;
  }

  /** Takes bytes of the connection. Rejects with {@linkcode RtmpError} for what is not RTMP. */
  async feed(bytes: Uint8Array): Promise<void> {
    this.#acknowledge(bytes.length);
    let rest = bytes;
    if (!this.#handshake.isDone) {
      const { taken, answer } = this.#handshake.push(bytes);
      if (answer !== undefined) this.#events.send(answer);
      rest = bytes.subarray(taken);
    }
    if (rest.length === 0) return;
    for (const message of this.#chunks.push(rest)) {
      if (this.#isOver) return;
      this.#messages++;
      const waiting = this.#take(message);
      if (waiting !== undefined) await waiting;
    }
  }

  /** Tells the client why it is not served any more. */
  refuse(reason: string): void {
    this.#isOver = true;
    const code = this.#isPublishing ? "NetStream.Publish.Failed" : "NetStream.Publish.BadName";
    this.#status("error", code, reason);
  }

  #take(message: RtmpMessage): Promise<void> | undefined {
    const { type, payload, timestamp } = message;
    switch (type) {
      case MessageType.AUDIO:
      case MessageType.VIDEO:
        this.#media({ kind: type === MessageType.AUDIO ? "audio" : "video", timestamp, payload });
        return undefined;
      case MessageType.AGGREGATE:
        this.#aggregate(message);
        return undefined;
      case MessageType.DATA:
      case MessageType.DATA_AMF3:
        this.#data(readAmf(type === MessageType.DATA ? payload : payload.subarray(1)));
        return undefined;
      case MessageType.COMMAND:
      case MessageType.COMMAND_AMF3:
        return this.#command(readAmf(type === MessageType.COMMAND ? payload : payload.subarray(1)));
      case MessageType.WINDOW_SIZE:
        this.#window = Math.max(1, integerOf(payload, 0) || RTMP_WINDOW_BYTES);
        return undefined;
      case MessageType.USER_CONTROL:
        this.#userControl(payload);
        return undefined;
      default:
        return undefined;
    }
  }

  #media(media: RtmpMedia): void {
    if (this.#isPublishing) this.#events.media(media);
  }

  /** Several messages in one, each as in a file of FLV. */
  #aggregate({ payload, timestamp }: RtmpMessage): void {
    let first: number | undefined;
    for (let at = 0; at + 11 <= payload.length;) {
      const length = integerOf(payload, at) & 0xffffff;
      const low = integerOf(payload, at + 4) >>> 8;
      const time = (payload[at + 7]! << 24 | low) >>> 0;
      const end = at + 11 + length;
      if (end > payload.length) throw new RtmpError("A part of an aggregate is cut off");
      first ??= time;
      const kind = payload[at] === MessageType.AUDIO
        ? "audio"
        : payload[at] === MessageType.VIDEO
        ? "video"
        : undefined;
      const part = payload.subarray(at + 11, end);
      if (kind !== undefined) {
        this.#media({ kind, timestamp: (timestamp + time - first) >>> 0, payload: part });
      }
      // The size of the part stands behind it once more.
      at = end + 4;
    }
  }

  #data([name, ...values]: readonly AmfValue[]): void {
    const [what, described] = name === "@setDataFrame" ? values : [name, values[0]];
    if (what === "onMetaData") this.#media({ kind: "metadata", values: fieldsOf(described) });
  }

  #command([name, id, object, argument]: readonly AmfValue[]): Promise<void> | undefined {
    const transaction = typeof id === "number" ? id : 0;
    switch (name) {
      case "connect":
        this.#connect(transaction, fieldsOf(object));
        return undefined;
      case "createStream":
        this.#result(transaction, null, STREAM);
        return undefined;
      case "publish":
        return this.#publish(typeof argument === "string" ? argument : "");
      case "play":
        this.#isOver = true;
        this.#status("error", "NetStream.Play.Failed", "Nothing is played by RTMP here");
        this.#events.ended();
        return undefined;
      case "FCUnpublish":
      case "deleteStream":
      case "closeStream":
        this.#isOver = true;
        this.#status("status", "NetStream.Unpublish.Success", "Ended");
        this.#events.ended();
        return undefined;
      default:
        return undefined;
    }
  }

  #connect(transaction: number, { app }: { readonly [name: string]: AmfValue }): void {
    const { send } = this.#events;
    this.#app = typeof app === "string" ? app : "";
    send(writeIntegers(MessageType.WINDOW_SIZE, RTMP_WINDOW_BYTES));
    // The limit is "dynamic": that of the window.
    const bandwidth = Uint8Array.of(...integerBytes(RTMP_WINDOW_BYTES), 2);
    send(writeMessage(MessageType.PEER_BANDWIDTH, bandwidth));
    send(writeIntegers(MessageType.SET_CHUNK_SIZE, RTMP_CHUNK_BYTES));
    this.#result(
      transaction,
      { fmsVer: "FMS/3,0,1,123", capabilities: 31, fourCcList: FOURCCS, capsEx: 0 },
      {
        level: "status",
        code: "NetConnection.Connect.Success",
        description: "Connected",
        objectEncoding: 0,
      },
    );
  }

  async #publish(key: string): Promise<void> {
    if (this.#isPublishing) throw new RtmpError("A connection publishes once");
    const refusal = await this.#events.publish({ app: this.#app, key });
    if (this.#isOver) return;
    if (refusal !== undefined) return this.refuse(refusal);
    this.#chunks.maxMessageBytes = this.#maxMessageBytes;
    this.#isPublishing = true;
    this.#status("status", "NetStream.Publish.Start", "Publishing");
  }

  #userControl(payload: Uint8Array): void {
    if (payload.length < 6 || payload[0] !== 0 || payload[1] !== PING_REQUEST) return;
    const answer = Uint8Array.of(0, PING_RESPONSE, ...payload.subarray(2, 6));
    this.#events.send(writeMessage(MessageType.USER_CONTROL, answer));
  }

  #acknowledge(bytes: number): void {
    this.#received += bytes;
    if (!this.#handshake.isDone || this.#received - this.#acknowledged < this.#window) return;
    this.#acknowledged = this.#received;
    this.#events.send(writeIntegers(MessageType.ACKNOWLEDGEMENT, this.#received >>> 0));
  }

  #result(transaction: number, ...values: AmfValue[]): void {
    this.#send(["_result", transaction, ...values]);
  }

  #status(level: "status" | "error", code: string, description: string): void {
    this.#send(["onStatus", 0, null, { level, code, description }], STREAM);
  }

  #send(values: readonly AmfValue[], stream = 0): void {
    this.#events.send(writeMessage(MessageType.COMMAND, writeAmf(values), stream));
  }
}

function fieldsOf(value: AmfValue): { readonly [name: string]: AmfValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? value as { readonly [name: string]: AmfValue }
    : {};
}

function integerOf(bytes: Uint8Array, at: number): number {
  if (at + 4 > bytes.length) return 0;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at);
}

function integerBytes(value: number): number[] {
  return [value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255];
}
