import { joinBytes } from "@qumo/shared/runtime";
import {
  ByteWriter,
  type ControlMessage,
  type Draft,
  type MultiplexedMessage,
  type RequestErrorName,
  type StreamDraft,
  type StreamErrorName,
} from "@qumo/shared/wire";
import assert from "node:assert/strict";
import { type MessageFraming, readMessage, readVarint } from "../../../relay/session/framing.ts";
import { Input } from "../../../relay/session/input.ts";
import {
  type BidiStream,
  type ReceiveStream,
  type SendStream,
  TransportError,
} from "../../../relay/transport/mod.ts";
import { type AnyMessage, controlOf } from "../layouts.ts";

/** How the other side ended a stream: with FIN, or with a reset, whose code may have a name. */
export type StreamEnd = "fin" | StreamErrorName | number;

/** What is said in a draft. */
type MessageOf<D extends Draft> = D extends StreamDraft ? ControlMessage : MultiplexedMessage;
type Kind<M, K> = Extract<M, { readonly kind: K }>;

/** A stream that the scripted peer writes, as raw as it likes. */
export class OutgoingStream<D extends Draft = Draft> {
  readonly draft: D;
  readonly #stream: SendStream;

  constructor(stream: SendStream, draft: D) {
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
 * A stream that the other side writes. It is read about as far as the test asks, so a test that does
 * not ask is a peer that does not read.
 */
export class IncomingStream<D extends Draft = Draft> {
  /** The draft that the peer speaks. */
  readonly draft: D;
  /** What was read and not yet taken, and all that will come. */
  readonly input: Input;
  readonly #seen: Uint8Array[] = [];
  /** How it ended, once that was read. */
  end: StreamEnd | undefined;

  constructor(stream: ReceiveStream, draft: D) {
    this.draft = draft;
    const watched = { read: this.#watch(stream), stop: (code: number) => stream.stop(code) };
    // What it reads at once grows with what there is.
    this.input = new Input(watched, Infinity, { codes: draft.streamCodes, firstBytes: 1 });
  }

  /** Everything that was read so far, from the first byte of the stream on. */
  get seen(): Uint8Array {
    return joinBytes(this.#seen);
  }

  /** The next `length` bytes; an error when the stream ends before. */
  async bytes(length: number): Promise<Uint8Array> {
    const { input } = this;
    while (input.length < length) {
      assert.ok(await input.fill(), `Stream ended (${this.end}) in the middle`);
    }
    const from = input.start;
    return input.bytes.slice(from, input.start += length);
  }

  /** The next control message, or undefined when the stream ends here or is reset. */
  messageOrEnd(): Promise<MessageOf<D> | undefined> {
    const framing = this.draft as unknown as MessageFraming<MessageOf<D>>;
    return readMessage(this.input, framing).catch((error) => {
      if (this.end === undefined || this.end === "fin") throw error;
      return undefined;
    });
  }

  /** The control messages up to the end of the stream. */
  async *messages(): AsyncGenerator<MessageOf<D>> {
    for (let message; (message = await this.messageOrEnd()) !== undefined;) yield message;
  }

  /** Reads to the end: all bytes of the stream, those that were taken before too, and how it ended. */
  async whole(): Promise<{ readonly bytes: Uint8Array; readonly end: StreamEnd }> {
    const { input } = this;
    do input.start = input.end; while (await input.fill());
    return { bytes: this.seen, end: this.end! };
  }

  /** How the stream ends; an error when bytes come first. */
  async ended(): Promise<StreamEnd> {
    const isOver = this.input.length === 0 && !await this.input.fill();
    assert.ok(isOver, "Bytes came instead of the end of the stream");
    return this.end!;
  }

  /** Tells the other side to stop sending. */
  stop(code: StreamErrorName): void {
    this.input.stop(code);
  }

  /** Reads a stream, and notes what came and how it ended; a reset is an end too. */
  #watch(stream: ReceiveStream): ReceiveStream["read"] {
    return async (into) => {
      try {
        const part = await stream.read(into);
        if (part === undefined) this.end = "fin";
        else this.#seen.push(part.slice());
        return part;
      } catch (error) {
        if (!(error instanceof TransportError) || error.kind !== "reset") throw error;
        this.end = nameOf(error.code, this.draft);
        // What was not taken before is lost, as with any reset.
        this.input.end = this.input.start;
        return undefined;
      }
    };
  }
}

/** A stream whose type was read. */
export type TypedStream<D extends Draft = Draft> = IncomingStream<D> & { readonly type: bigint };

/** Reads the type of a stream, and nothing behind it; undefined when it ends before. */
export async function typed<D extends Draft>(
  stream: IncomingStream<D>,
): Promise<TypedStream<D> | undefined> {
  const type = await readVarint(stream.input, stream.draft.varint);
  return type === undefined ? undefined : Object.assign(stream, { type });
}

/** A stream of control messages both ways, and of bytes that are none. */
export class MessageStream<D extends Draft> {
  /** The other side's half. */
  readonly incoming: IncomingStream<D>;
  /** Our half. */
  readonly outgoing: OutgoingStream<D>;
  /** The draft that the peer speaks. */
  readonly draft: D;

  constructor(stream: BidiStream, draft: D) {
    this.incoming = new IncomingStream(stream.receive, draft);
    this.outgoing = new OutgoingStream(stream.send, draft);
    this.draft = draft;
  }

  /** Sends a control message. */
  send(message: MessageOf<D>): Promise<void> {
    return this.outgoing.write(controlOf(this.draft).encode(message));
  }

  /** The next control message of the other side; an error when its half ends before. */
  async next(): Promise<MessageOf<D>> {
    const message = await this.incoming.messageOrEnd();
    if (message !== undefined) return message;
    assert.fail(`Request ended (${await this.incoming.ended()}) before a message came`);
  }

  /** The next control message, which must be of this kind. */
  async expect<K extends MessageOf<D>["kind"]>(kind: K): Promise<Kind<MessageOf<D>, K>> {
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
}

/** A request, or an answer to one. */
export class RequestStream extends MessageStream<StreamDraft> {
  /** Agrees to what was asked: sends REQUEST_OK. */
  sendOk(): Promise<void> {
    return this.send({ kind: "requestOk", parameters: {}, properties: new Uint8Array(0) });
  }

  /** Refuses what was asked: sends REQUEST_ERROR. */
  sendError(code: RequestErrorName, reason = ""): Promise<void> {
    return this.send({ kind: "requestError", code, retryAfter: 0n, reason });
  }

  /** Cancels the request: resets our half and asks the other side to stop its own. */
  cancel(code: StreamErrorName): void {
    this.outgoing.reset(code);
    this.incoming.stop(code);
  }
}

function nameOf(code: number, { streamCodes }: Draft): StreamEnd {
  const named = Object.entries(streamCodes).find(([, number]) => number === code);
  return named === undefined ? code : named[0] as StreamErrorName;
}

/** The message, as one of this kind, which it must be. */
export function ofKind<M extends AnyMessage, K extends M["kind"]>(message: M, kind: K): Kind<M, K> {
  const why = message.kind === "requestError" ? ` ${message.code} "${message.reason}"` : "";
  assert.equal(message.kind, kind, `${kind} expected, ${message.kind}${why} came`);
  return message as Kind<M, K>;
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
