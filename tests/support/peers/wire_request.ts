import {
  type ByteReader,
  type ControlKind,
  type ControlMessage,
  type ControlMessageOf,
  draft18,
} from "@qumo/shared/wire";
import { ByteSource } from "./byte_source.ts";

/** A request's stream, of either side. */
export class WireRequest {
  readonly #source: ByteSource;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  constructor(stream: {
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<Uint8Array>;
  }) {
    this.#source = new ByteSource(stream.readable);
    this.#writer = stream.writable.getWriter();
    this.#writer.closed.catch(() => {});
  }

  /** The next message of the other side; undefined when it has finished. */
  next(): Promise<ControlMessage | undefined> {
    return readMessage(this.#source);
  }

  /** The next message of the other side, which must be of this kind. */
  async expect<K extends ControlKind>(kind: K): Promise<ControlMessageOf<K>> {
    const message = await this.next();
    if (message !== undefined && isOfKind(message, kind)) return message;
    throw new Error(`${kind} expected, found ${describe(message)}`);
  }

  /** Sends a message. */
  async send(message: ControlMessage): Promise<void> {
    await this.#writer.write(draft18.control.encode(message));
  }

  /** Sends bytes as they are. */
  async write(bytes: Uint8Array): Promise<void> {
    await this.#writer.write(bytes);
  }

  /** Says that nothing more comes from this side. */
  async finish(): Promise<void> {
    await this.#writer.close();
  }

  /** Withdraws the request: asks the other side to stop and ends this side. */
  async cancel(): Promise<void> {
    await this.#source.stop();
    await this.#writer.close().catch(() => {});
  }
}

/** The next control message of a stream; undefined at its end. */
export async function readMessage(source: ByteSource): Promise<ControlMessage | undefined> {
  const frame = await source.parse((reader) => ({
    type: reader.varint(),
    body: readMessageBody(reader),
  }));
  return frame && draft18.control.decode(frame.type, frame.body);
}

/** A control message's length and its body. */
export function readMessageBody(reader: ByteReader): Uint8Array {
  return reader.bytes(reader.u16()).slice();
}

function isOfKind<K extends ControlKind>(
  message: ControlMessage,
  kind: K,
): message is Extract<ControlMessage, { kind: K }> & ControlMessageOf<K> {
  return message.kind === kind;
}

function describe(message: ControlMessage | undefined): string {
  if (message === undefined) return "the end of the stream";
  if (message.kind !== "requestError") return message.kind;
  return `requestError ${message.code} ${message.reason}`;
}
