import { type Clock, TaskGroup } from "@qumo/shared/runtime";
import { TransportError } from "../errors.ts";
import { Queue } from "../queue.ts";
import type { BidiStream, Connection, ReceiveStream } from "../types.ts";
import { ByteReader } from "./byte_reader.ts";
import { Http3Code, Http3Error } from "./codes.ts";
import { readControlStream, UniStreamType } from "./control_stream.ts";
import { FrameGuard } from "./frame_guard.ts";
import { FrameReader, FrameType } from "./frames.ts";
import { MAX_EXTRA_REQUESTS, MAX_UNCLAIMED_STREAMS } from "./limits.ts";
import { encodeRefusal } from "./request.ts";
import type { Settings } from "./settings.ts";
import { SilentStreams } from "./silent_streams.ts";
import { Slots } from "./slots.ts";

/** Which half of HTTP/3 we are. */
export type Role = "server" | "client";

/** The stream of a request, which becomes the stream of the session. */
export interface RequestStream {
  readonly stream: BidiStream;
  readonly frames: FrameReader;
}

/** A data stream of the session, its header read. */
export interface DataStream<T> {
  readonly raw: T;
  /** Bytes of the data that were read with the header. */
  readonly first: Uint8Array;
}

/**
 * Sorts the streams that the peer opens: its control stream, requests, and the data streams of the
 * session. Each stream's header is read on its own, so that one without a header holds up nobody.
 */
export class PeerStreams {
  /** Background work of the connection; it ends with the connection. */
  readonly tasks: TaskGroup;
  /** Counts what the peer says beside its data. */
  readonly guard: FrameGuard;
  readonly #raw: Connection;
  readonly #role: Role;
  readonly #silent: SilentStreams;
  readonly #uni = new Queue<DataStream<ReceiveStream>>(MAX_UNCLAIMED_STREAMS);
  readonly #uniSlots = new Slots(MAX_UNCLAIMED_STREAMS);
  readonly #bidi = new Queue<DataStream<BidiStream>>(MAX_UNCLAIMED_STREAMS);
  readonly #bidiSlots = new Slots(MAX_UNCLAIMED_STREAMS);
  readonly #settings = Promise.withResolvers<Settings>();
  readonly #request = Promise.withResolvers<RequestStream>();
  readonly #session = Promise.withResolvers<bigint>();
  readonly #failed = Promise.withResolvers<never>();
  readonly #critical = new Set<bigint>();
  #failure: Error | undefined;
  #verdict: Error | undefined;
  #requests = 0;

  constructor(raw: Connection, role: Role, clock: Clock) {
    this.#raw = raw;
    this.#role = role;
    this.guard = new FrameGuard(clock);
    this.#silent = new SilentStreams(clock);
    this.tasks = new TaskGroup((_task, error) => this.#taskFailed(error));
    for (const { promise } of [this.#settings, this.#request, this.#session, this.#failed]) {
      promise.catch(() => {});
    }
    this.tasks.spawn("accept unidirectional streams", () => this.#acceptUni());
    this.tasks.spawn("accept bidirectional streams", () => this.#acceptBidi());
    this.tasks.spawn("watch the connection", () => this.#watch());
  }

  /** What the peer said of itself. */
  get settings(): Promise<Settings> {
    return this.#settings.promise;
  }

  /** The first request of a client. */
  get request(): Promise<RequestStream> {
    return this.#request.promise;
  }

  /** Rejects when the connection is of no more use. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Why {@linkcode PeerStreams.failed} rejected. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** From now on the data streams of this session are handed out. */
  useSession(id: bigint): void {
    this.#session.resolve(id);
  }

  /** The next data stream, or undefined after the end. */
  async acceptUni(): Promise<DataStream<ReceiveStream> | undefined> {
    const stream = await this.#uni.take();
    if (stream !== undefined) this.#uniSlots.give();
    return stream;
  }

  /** The next data stream, or undefined after the end. */
  async acceptBidi(): Promise<DataStream<BidiStream> | undefined> {
    const stream = await this.#bidi.take();
    if (stream !== undefined) this.#bidiSlots.give();
    return stream;
  }

  /** Hands out no more streams. */
  close(): void {
    this.#uni.close();
    this.#bidi.close();
    this.#uniSlots.open();
    this.#bidiSlots.open();
    this.#silent.close();
  }

  /** However the connection ends from here on, this is why. */
  condemn(verdict: Error): void {
    this.#verdict = verdict;
  }

  /** Ends the connection for this reason; the first counts. */
  fail(reason: Error): void {
    if (this.#failure !== undefined) return;
    const error = this.#verdict ?? reason;
    this.#failure = error;
    for (const { reject } of [this.#settings, this.#request, this.#session, this.#failed]) {
      reject(error);
    }
    this.close();
    this.#raw.close(error instanceof Http3Error ? error.code : Http3Code.noError, error.message);
  }

  #taskFailed(error: unknown): void {
    if (error instanceof TransportError) return;
    if (error instanceof Http3Error) return this.fail(error);
    this.fail(new Http3Error(Http3Code.internalError, "Internal error", { cause: error }));
  }

  async #watch(): Promise<void> {
    const { code, reason } = await this.#raw.closed;
    this.fail(new TransportError("closed", code, `The connection ended: ${reason}`));
  }

  async #acceptUni(): Promise<void> {
    for (;;) {
      await this.#uniSlots.take();
      const stream = await this.#raw.acceptUni();
      if (stream === undefined) return;
      this.tasks.spawn("read a unidirectional stream", () => this.#sortUni(stream));
    }
  }

  async #acceptBidi(): Promise<void> {
    for (;;) {
      await this.#bidiSlots.take();
      const stream = await this.#raw.acceptBidi();
      if (stream === undefined) return;
      this.tasks.spawn("read a bidirectional stream", () => this.#sortBidi(stream));
    }
  }

  async #sortUni(stream: ReceiveStream): Promise<void> {
    const reader = new ByteReader(stream);
    const header = await this.#header(reader, UniStreamType.webTransport);
    if (header?.session !== undefined && await this.#belongs(header.session)) {
      return void this.#uni.push({ raw: stream, first: reader.rest() });
    }
    this.#uniSlots.give();
    if (header === undefined || header.session !== undefined) {
      return stream.stop(Http3Code.bufferedStreamRejected);
    }
    await this.#readOther(header.type, stream, reader);
  }

  async #sortBidi(stream: BidiStream): Promise<void> {
    const reader = new ByteReader(stream.receive);
    const header = await this.#header(reader, FrameType.webTransport);
    if (header?.session !== undefined && await this.#belongs(header.session)) {
      return void this.#bidi.push({ raw: stream, first: reader.rest() });
    }
    this.#bidiSlots.give();
    if (header === undefined || header.session !== undefined) {
      return await this.#refuse(stream, Http3Code.bufferedStreamRejected);
    }
    if (this.#role === "client") {
      throw new Http3Error(Http3Code.streamCreationError, "The server opened a request");
    }
    if (this.#requests++ > 0) return await this.#refuseRequest(stream);
    this.#request.resolve({ stream, frames: new FrameReader(reader, this.guard, header.type) });
  }

  /** What a stream says it is, or undefined when it ended or stayed silent for too long. */
  async #header(reader: ByteReader, webTransport: bigint) {
    const given = Promise.withResolvers<undefined>();
    const silent = this.#silent.add(() => given.resolve(undefined));
    const read = async () => {
      const type = await reader.varint();
      return { type, session: type === webTransport ? await reader.varint() : undefined };
    };
    try {
      return await Promise.race([read(), given.promise]);
    } catch {
      // A stream that ends or is reset before it says what it is does no harm.
      return undefined;
    } finally {
      this.#silent.remove(silent);
    }
  }

  async #belongs(session: bigint): Promise<boolean> {
    if (session % 4n !== 0n) {
      throw new Http3Error(Http3Code.idError, `No session can have the number ${session}`);
    }
    return await this.#session.promise === session;
  }

  async #readOther(type: bigint, stream: ReceiveStream, reader: ByteReader): Promise<void> {
    if (type === UniStreamType.push) {
      const code = this.#role === "server" ? Http3Code.streamCreationError : Http3Code.idError;
      throw new Http3Error(code, "The peer opened a push stream");
    }
    if (!CRITICAL.has(type)) return stream.stop(Http3Code.streamCreationError);
    if (this.#critical.has(type)) {
      throw new Http3Error(Http3Code.streamCreationError, `Stream type ${type} comes twice`);
    }
    this.#critical.add(type);
    try {
      if (type === UniStreamType.control) {
        await readControlStream(reader, this.guard, this.#settings.resolve);
      }
      // Without a dynamic table there is nothing in the streams of QPACK that matters.
      while (await reader.some(Infinity) !== undefined);
    } catch (error) {
      if (!(error instanceof TransportError) || error.kind !== "reset") throw error;
    }
    throw new Http3Error(Http3Code.closedCriticalStream, `The stream of type ${type} ended`);
  }

  async #refuseRequest(stream: BidiStream): Promise<void> {
    if (this.#requests > MAX_EXTRA_REQUESTS) {
      throw new Http3Error(Http3Code.excessiveLoad, "Too many requests beside the session");
    }
    await stream.send.write(encodeRefusal(ONE_SESSION));
    await stream.send.finish();
    stream.receive.stop(Http3Code.requestRejected);
  }

  async #refuse(stream: BidiStream, code: number): Promise<void> {
    stream.receive.stop(code);
    // Nothing was said on it that a FIN could make look complete, and parking it would cost us.
    if (this.#raw.canReset) stream.send.reset(code);
    else await stream.send.finish();
  }
}

const ONE_SESSION = { status: 429, reason: "a connection carries one session" } as const;

const CRITICAL: ReadonlySet<bigint> = new Set([
  UniStreamType.control,
  UniStreamType.qpackEncoder,
  UniStreamType.qpackDecoder,
]);
