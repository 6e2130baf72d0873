import { type Clock, TaskGroup } from "@qumo/shared/runtime";
import { TransportError } from "../errors.ts";
import { Queue } from "../queue.ts";
import type { BidiStream, Connection, ReceiveStream } from "../types.ts";
import { StreamReader } from "./stream_reader.ts";
import { Http3Code, Http3Error } from "./codes.ts";
import { readControlStream, UniStreamType } from "./control_stream.ts";
import { FrameGuard } from "./frame_guard.ts";
import { FrameReader, FrameType } from "./frames.ts";
import { MAX_EXTRA_REQUESTS, MAX_UNCLAIMED_STREAMS } from "./limits.ts";
import { encodeRefusal } from "./request.ts";
import type { Settings } from "./settings.ts";
import { SilentStreams } from "./silent_streams.ts";
import { Slots } from "./slots.ts";

/** The side of the connection that this is. */
export type Role = "server" | "client";

/** A request's stream; the session's request stream becomes the CONNECT stream. */
export interface RequestStream {
  readonly stream: BidiStream;
  readonly frames: FrameReader;
}

/** A data stream of the session behind its header. */
export interface DataStream<T> {
  readonly raw: T;
  /** Data bytes that were read together with the header. */
  readonly first: Uint8Array;
}

/**
 * Dispatches the streams that the peer opens: its control stream, requests, and the session's data
 * streams. Each header is read concurrently, so that a stream without a header blocks no other.
 */
export class PeerStreams {
  /** Background tasks of the connection; they end with it. */
  readonly tasks: TaskGroup;
  /** Rate limit of frames without use. */
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

  /** The peer's SETTINGS. */
  get settings(): Promise<Settings> {
    return this.#settings.promise;
  }

  /** The client's first request. */
  get request(): Promise<RequestStream> {
    return this.#request.promise;
  }

  /** Rejects when the connection has failed. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** The error with which {@linkcode PeerStreams.failed} rejected. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Dispatches the data streams of this session from now on. */
  useSession(id: bigint): void {
    this.#session.resolve(id);
  }

  /** The next data stream; undefined after the end. */
  async acceptUni(): Promise<DataStream<ReceiveStream> | undefined> {
    const stream = await this.#uni.take();
    if (stream !== undefined) this.#uniSlots.give();
    return stream;
  }

  /** The next data stream; undefined after the end. */
  async acceptBidi(): Promise<DataStream<BidiStream> | undefined> {
    const stream = await this.#bidi.take();
    if (stream !== undefined) this.#bidiSlots.give();
    return stream;
  }

  /** Stops dispatching streams. */
  close(): void {
    this.#uni.close();
    this.#bidi.close();
    this.#uniSlots.open();
    this.#bidiSlots.open();
    this.#silent.close();
  }

  /** Sets the reason for the end of the connection, however it ends. */
  condemn(verdict: Error): void {
    this.#verdict = verdict;
  }

  /** Fails the connection with this reason; only the first call counts. */
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
    const reader = new StreamReader(stream);
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
    const reader = new StreamReader(stream.receive);
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

  /** The type of a stream; undefined when it ended or stayed silent for too long. */
  async #header(reader: StreamReader, webTransport: bigint) {
    const given = Promise.withResolvers<undefined>();
    const silent = this.#silent.add(() => given.resolve(undefined));
    const read = async () => {
      const type = await reader.varint();
      return { type, session: type === webTransport ? await reader.varint() : undefined };
    };
    try {
      return await Promise.race([read(), given.promise]);
    } catch {
      // A stream that ends or is reset before its type is harmless.
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

  async #readOther(type: bigint, stream: ReceiveStream, reader: StreamReader): Promise<void> {
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
      // Without a dynamic table the content of QPACK streams does not matter.
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
    // Without a reset a FIN is fine: nothing was sent that it could complete.
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
