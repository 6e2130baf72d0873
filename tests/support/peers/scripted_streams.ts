import { joinBytes } from "@qumo/shared/runtime";
import {
  ByteReader,
  ByteWriter,
  type ControlKind,
  type ControlMessage,
  type ControlMessageOf,
  type RequestErrorName,
  type StreamDraft,
  type StreamErrorName,
  vi64,
} from "@qumo/shared/wire";
import assert from "node:assert/strict";
import {
  type BidiStream,
  type ReceiveStream,
  type SendStream,
  TransportError,
} from "../../../relay/transport/mod.ts";

/** How the other side ended a stream: with FIN, or with a reset, whose code may have a name. */
export type StreamEnd = "fin" | StreamErrorName | number;

/** A stream that the scripted peer writes, as raw as it likes. */
export class OutgoingStream {
  readonly draft: StreamDraft;
  readonly #stream: SendStream;

  constructor(stream: SendStream, draft: StreamDraft) {
    this.#stream = stream;
    this.draft = draft;
  }

  /** Sends these bytes; resolves when the transport has taken them. */
  write(bytes: Uint8Array): Promise<void> {
    return this.#stream.write(bytes);
  }

  finish(): Promise<void> {
    return this.#stream.finish();
  }

  reset(code: StreamErrorName): void {
    this.#stream.reset(this.draft.streamCodes[code]);
  }
}

/**
 * A stream that the other side writes. It is read only as far as the test asks, so a test that does
 * not ask is a peer that does not read.
 */
export class IncomingStream {
  /** The draft that the peer speaks. */
  readonly draft: StreamDraft;
  readonly #stream: ReceiveStream;
  readonly #seen: Uint8Array[] = [];
  #end: StreamEnd | undefined;

  constructor(stream: ReceiveStream, draft: StreamDraft) {
    this.#stream = stream;
    this.draft = draft;
  }

  /** How it ended, once that was read. */
  get end(): StreamEnd | undefined {
    return this.#end;
  }

  /** Everything that was read so far, from the first byte of the stream on. */
  get seen(): Uint8Array {
    return joinBytes(this.#seen);
  }

  /** The next `length` bytes; an error when the stream ends before. */
  async bytes(length: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    for (let left = length; left > 0;) {
      const part = await this.#read(left);
      assert.ok(part !== undefined, `Stream ended (${this.#end}) in the middle`);
      parts.push(part);
      left -= part.length;
    }
    return joinBytes(parts);
  }

  /** The next integer; an error when the stream ends before. */
  async varint(): Promise<bigint> {
    const value = await this.varintOrEnd();
    assert.ok(value !== undefined, `Stream ended (${this.#end}) before an integer`);
    return value;
  }

  /** The next integer, or undefined when the stream ends here. */
  async varintOrEnd(): Promise<bigint | undefined> {
    const first = await this.#read(1);
    if (first === undefined) return undefined;
    const more = this.draft.varint.lengthFrom(first[0]!) - 1;
    return this.draft.varint.read(joinBytes([first, await this.bytes(more)]), 0);
  }

  /** The next control message, or undefined when the stream ends here. */
  async messageOrEnd(): Promise<ControlMessage | undefined> {
    const type = await this.varintOrEnd();
    return type === undefined ? undefined : await this.messageOfType(type);
  }

  /** The rest of a control message whose type was read before. */
  async messageOfType(type: bigint): Promise<ControlMessage> {
    const length = new ByteReader(await this.bytes(2), vi64).u16();
    return this.draft.control.decode(type, await this.bytes(length));
  }

  /** Reads to the end: all bytes of the stream, those that were read before too, and how it ended. */
  async whole(): Promise<{ readonly bytes: Uint8Array; readonly end: StreamEnd }> {
    while (await this.#read(CHUNK) !== undefined);
    return { bytes: this.seen, end: this.#end! };
  }

  /** How the stream ends; an error when bytes come first. */
  async ended(): Promise<StreamEnd> {
    const bytes = await this.#read(CHUNK);
    assert.equal(bytes, undefined, "Bytes came instead of the end of the stream");
    return this.#end!;
  }

  /** Tells the other side to stop sending. */
  stop(code: StreamErrorName): void {
    this.#stream.stop(this.draft.streamCodes[code]);
  }

  /** What is there, at most `length` bytes, or undefined at the end of the stream. */
  async #read(length: number): Promise<Uint8Array | undefined> {
    if (this.#end !== undefined) return undefined;
    try {
      const part = await this.#stream.read(new Uint8Array(length));
      if (part === undefined) this.#end = "fin";
      else this.#seen.push(part);
      return part;
    } catch (error) {
      if (!(error instanceof TransportError) || error.kind !== "reset") throw error;
      this.#end = nameOf(error.code, this.draft);
      return undefined;
    }
  }
}

/** A request, or an answer to one: control messages both ways, and bytes that are none. */
export class RequestStream {
  /** The stream's number on the connection. */
  readonly id: bigint;
  /** The other side's half. */
  readonly incoming: IncomingStream;
  /** Our half. */
  readonly outgoing: OutgoingStream;
  /** The draft that the peer speaks. */
  readonly draft: StreamDraft;

  constructor(stream: BidiStream, draft: StreamDraft) {
    this.id = stream.id;
    this.incoming = new IncomingStream(stream.receive, draft);
    this.outgoing = new OutgoingStream(stream.send, draft);
    this.draft = draft;
  }

  /** Sends a control message. */
  send(message: ControlMessage): Promise<void> {
    return this.outgoing.write(this.draft.control.encode(message));
  }

  /** Agrees to what was asked: sends REQUEST_OK. */
  sendOk(): Promise<void> {
    return this.send({ kind: "requestOk", parameters: {}, properties: new Uint8Array(0) });
  }

  /** Refuses what was asked: sends REQUEST_ERROR. */
  sendError(code: RequestErrorName, reason = ""): Promise<void> {
    return this.send({ kind: "requestError", code, retryAfter: 0n, reason });
  }

  /** The next control message of the other side; an error when its half ends before. */
  async next(): Promise<ControlMessage> {
    const message = await this.incoming.messageOrEnd();
    if (message !== undefined) return message;
    assert.fail(`Request ended (${await this.incoming.ended()}) before a message came`);
  }

  /** The next control message, which must be of this kind. */
  async expect<K extends ControlKind>(kind: K): Promise<ControlMessageOf<K>> {
    return ofKind(await this.next(), kind);
  }

  /** How the other side's half ends; an error when a message comes first. */
  async ended(): Promise<StreamEnd> {
    const message = await this.incoming.messageOrEnd();
    assert.equal(message, undefined, "A message came instead of the end of the request");
    return await this.incoming.ended();
  }

  /** Ends our half: everything was said. */
  finish(): Promise<void> {
    return this.outgoing.finish();
  }

  /** Cancels the request: resets our half and asks the other side to stop its own. */
  cancel(code: StreamErrorName): void {
    this.outgoing.reset(code);
    this.incoming.stop(code);
  }
}

function nameOf(code: number, { streamCodes }: StreamDraft): StreamEnd {
  const named = Object.entries(streamCodes).find(([, number]) => number === code);
  return named === undefined ? code : named[0] as StreamErrorName;
}

/** The message, as one of this kind, which it must be. */
export function ofKind<K extends ControlKind>(
  message: ControlMessage,
  kind: K,
): ControlMessageOf<K> {
  const why = message.kind === "requestError" ? ` ${message.code} "${message.reason}"` : "";
  assert.equal(message.kind, kind, `${kind} expected, ${message.kind}${why} came`);
  return message as unknown as ControlMessageOf<K>;
}

/** Bytes that are put together from integers of the draft, texts and other bytes. */
export function bytesOf(
  draft: Pick<StreamDraft, "varint">,
  ...parts: readonly (bigint | string | Uint8Array)[]
) {
  const writer = new ByteWriter(draft.varint);
  for (const part of parts) {
    if (typeof part === "bigint") writer.varint(part);
    else writer.bytes(typeof part === "string" ? new TextEncoder().encode(part) : part);
  }
  return writer.finish();
}

/** Bytes that are read at once where any number will do. */
const CHUNK = 64 * 1024;
