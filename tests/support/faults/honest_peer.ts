import {
  ByteReader,
  classifyUniStream,
  type ControlMessage,
  decodeDatagram,
  decodeFetchHeader,
  decodeSubgroupHeader,
  FetchObjectDecoder,
  type FullTrackName,
  ObjectHeaderDecoder,
  SHORT,
  trackKey,
} from "@qumo/shared/wire";
import { readMessage, readVarint } from "../../../relay/session/framing.ts";
import { Input } from "../../../relay/session/input.ts";
import {
  type BidiStream,
  type CloseInfo,
  type Connection,
  type ReceiveStream,
  type SendStream,
  TransportError,
} from "../../../relay/transport/mod.ts";
import { referenceData, referenceDraft } from "../reference_draft.ts";

/** An object as it arrived in a subgroup or as a datagram. */
export interface HonestObject {
  readonly alias: bigint;
  readonly group: bigint;
  readonly object: number;
  readonly payload: Uint8Array;
}

/**
 * A peer that keeps to the rules, reads everything that comes and finds fault with whatever is not
 * well formed. It has nothing to wait for: what came is in lists.
 */
export class HonestPeer {
  readonly connection: Connection;
  /** Objects that came and nobody has taken, in the order in which they came. */
  readonly objects: HonestObject[] = [];
  /** What was not as the protocol has it. */
  readonly faults: string[] = [];
  /** How the connection ended, if it did. */
  closed: CloseInfo | undefined;
  readonly #published = new Map<string, bigint>();
  #nextId = 0n;

  constructor(connection: Connection) {
    this.connection = connection;
    void connection.closed.then((info) => this.closed = info);
    this.#forEver(() => connection.acceptUni(), (stream) => this.#readStream(stream));
    this.#forEver(() => connection.acceptBidi(), (stream) => this.#answer(stream));
    this.#forEver(() => connection.receiveDatagram(), (bytes) => this.#readDatagram(bytes));
  }

  /** Opens the control stream. */
  async setup(path: string): Promise<void> {
    await this.open({
      kind: "setup",
      options: { path, implementation: "honest peer" },
    });
  }

  /** Opens a unidirectional stream with a control message. */
  async open(message: ControlMessage): Promise<SendStream> {
    const stream = await this.connection.openUni();
    await stream.write(referenceDraft.control.encode(message));
    return stream;
  }

  /** Agrees to deliver this track to whoever asks. */
  publish(track: FullTrackName, alias: bigint): void {
    this.#published.set(trackKey(track), alias);
  }

  /** Asks something; the answers are read and forgotten, or given to `onAnswer`. */
  async request(
    make: (requestId: bigint) => ControlMessage,
    onAnswer: (message: ControlMessage) => void = () => {},
  ): Promise<{ cancel(): void }> {
    const stream = await this.connection.openBidi();
    await stream.send.write(referenceDraft.control.encode(make(this.#nextId)));
    this.#nextId += 2n;
    this.#watch(async () => {
      const input = inputOf(stream.receive);
      for (;;) {
        const message = await readMessage(input, referenceDraft);
        if (message === undefined) return;
        onAnswer(message);
      }
    });
    return {
      cancel: () => {
        stream.send.reset(1);
        stream.receive.stop(1);
      },
    };
  }

  /** Answers as a publisher that has these tracks and nothing of the past. */
  async #answer({ send, receive }: BidiStream): Promise<void> {
    const input = inputOf(receive);
    for (;;) {
      const message = await readMessage(input, referenceDraft);
      if (message === undefined) return await send.finish();
      const answer = this.#answerTo(message);
      if (answer === undefined) continue;
      await send.write(referenceDraft.control.encode(answer));
      if (answer.kind === "requestError") await send.finish();
    }
  }

  #answerTo(message: ControlMessage): ControlMessage | undefined {
    switch (message.kind) {
      case "subscribe": {
        const alias = this.#published.get(trackKey(message.track));
        if (alias === undefined) return DOES_NOT_EXIST;
        return { kind: "subscribeOk", alias, parameters: {}, properties: NOTHING };
      }
      case "fetch":
      case "trackStatus":
        return DOES_NOT_EXIST;
      case "publish":
      case "subscribeNamespace":
      case "requestUpdate":
        return { kind: "requestOk", parameters: {}, properties: NOTHING };
      case "publishDone":
        return undefined;
      default:
        this.faults.push(`${message.kind} came on a request stream of the relay`);
        return undefined;
    }
  }

  async #readStream(stream: ReceiveStream): Promise<void> {
    const input = inputOf(stream);
    const type = await readVarint(input, referenceDraft.varint);
    if (type === undefined) return;
    switch (classifyUniStream(type, referenceData)) {
      case "setup":
        input.start = 0;
        while (await readMessage(input, referenceDraft) !== undefined);
        return;
      case "subgroup":
        return await this.#readSubgroup(input, type);
      case "fetch":
        return await this.#readFetch(input);
      case "padding":
        throw new Error("The relay sent padding");
    }
  }

  async #readSubgroup(input: Input, type: bigint): Promise<void> {
    const { alias, group, hasProperties } = await parse(
      input,
      (reader) => decodeSubgroupHeader(reader, type, referenceData),
    );
    const decoder = new ObjectHeaderDecoder(hasProperties, referenceData);
    do {
      for (;;) {
        const next = decoder.decode(input.bytes, input.start, input.end);
        if (next === SHORT) break;
        input.start = next;
        const payload = await take(input, decoder.payloadLength);
        this.objects.push({ alias, group, object: decoder.id, payload });
      }
    } while (await input.fill());
    if (input.length > 0) throw new Error("A subgroup ended within an object's header");
  }

  async #readFetch(input: Input): Promise<void> {
    await parse(input, decodeFetchHeader);
    const decoder = new FetchObjectDecoder("ascending", referenceData);
    do {
      for (;;) {
        const next = decoder.decode(input.bytes, input.start, input.end);
        if (next === SHORT) break;
        input.start = next;
        if (decoder.kind === "object") await take(input, decoder.payloadLength);
      }
    } while (await input.fill());
    if (input.length > 0) throw new Error("A fetch ended within an object's header");
  }

  #readDatagram(bytes: Uint8Array): Promise<void> {
    const datagram = decodeDatagram(bytes, referenceData);
    if (datagram === undefined) throw new Error("The relay sent padding");
    const { alias, group, object, payload } = datagram;
    this.objects.push({ alias, group, object, payload: payload.slice() });
    return Promise.resolve();
  }

  #forEver<T>(next: () => Promise<T | undefined>, use: (value: T) => Promise<void>): void {
    this.#watch(async () => {
      for (;;) {
        const value = await next();
        if (value === undefined) return;
        this.#watch(async () => await use(value));
      }
    });
  }

  /** Streams may be reset and connections may end: that is no fault. */
  #watch(work: () => Promise<void>): void {
    work().catch((error) => {
      if (!(error instanceof TransportError)) this.faults.push(String(error));
    });
  }
}

const NOTHING = new Uint8Array(0);

const DOES_NOT_EXIST: ControlMessage = {
  kind: "requestError",
  code: "does_not_exist",
  retryAfter: 0n,
  reason: "",
};

const MAX_HEADER = 200_000;

function inputOf(stream: ReceiveStream): Input {
  return new Input(stream, MAX_HEADER, { codes: referenceDraft.streamCodes });
}

async function parse<T>(input: Input, read: (reader: ByteReader) => T): Promise<T> {
  for (;;) {
    const reader = new ByteReader(input.bytes, referenceDraft.varint, input.start, input.end);
    try {
      const value = read(reader);
      input.start = reader.offset;
      return value;
    } catch (error) {
      if (!await input.fill()) throw error;
    }
  }
}

async function take(input: Input, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let filled = 0; filled < length;) {
    if (input.length === 0 && !await input.fill()) {
      throw new Error("A stream ended within an object's payload");
    }
    const end = Math.min(input.end, input.start + length - filled);
    bytes.set(input.bytes.subarray(input.start, end), filled);
    filled += end - input.start;
    input.start = end;
  }
  return bytes;
}
