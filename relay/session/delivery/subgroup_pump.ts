import { encodeSubgroupHeader, objectHeaderSize, writeObjectHeader } from "@qumo/shared/wire";
import { LogCursor, type LogReader, type SubgroupLog, type Track } from "../../track/mod.ts";
import type { Connection, SendStream } from "../../transport/types.ts";

/** How a pump ended. */
export type PumpEnd =
  /** Everything that the subscriber wants of the subgroup was sent. */
  | "finished"
  /** There was nothing to send, so no stream was opened. */
  | "empty"
  /** The subgroup's tail will never come. */
  | "incomplete"
  /** The cache let go of bytes that were still to be sent. */
  | "evicted"
  /** The object that would come next is too old to be sent. */
  | "expired"
  /** Its place was wanted for something newer or more urgent. */
  | "superseded"
  /** The subscriber takes too little to be sent anything more. */
  | "behind"
  /** The owner stopped it. */
  | "stopped"
  /** The peer does not want the stream, or the connection is gone. */
  | "refused";

/** What a pump tells its owner. */
export interface PumpOwner {
  /** A stream was opened for it. */
  streamOpened(): void;
  /** Bytes were handed to the transport, the beginnings of this many objects among them. */
  sent(bytes: number, objects: number): void;
  /** The subgroup is whole, and not all of it was sent yet. */
  logCompleted(pump: SubgroupPump): void;
  pumpEnded(pump: SubgroupPump, end: PumpEnd): void;
}

/** What to send, and how. */
export interface PumpOptions {
  readonly connection: Connection;
  /** Opens the stream that the subgroup goes by. */
  readonly openStream: () => Promise<SendStream>;
  readonly track: Track;
  readonly log: SubgroupLog;
  /** The first object that is wanted; undefined: the subgroup as it is, from its beginning. */
  readonly firstObject: number | undefined;
  /** See `SendStream.priority`. */
  readonly sendOrder: number;
  /** An object that began to arrive before the time that this returns, if any, is too old to be sent. */
  readonly oldest: () => number | undefined;
  /** The code of the reset for each way to end early. */
  readonly resetCode: (end: PumpEnd) => number;
}

/**
 * Sends one subgroup to one subscriber: everything that is ready in one write, then what became ready
 * meanwhile. The stream is opened when there is something to send.
 */
export class SubgroupPump implements LogReader {
  readonly log: SubgroupLog;
  readonly #options: PumpOptions;
  readonly #owner: PumpOwner;
  readonly #cursor: LogCursor;
  #prefix: Uint8Array | undefined;
  #stream: SendStream | undefined;
  #located: boolean;
  #busy = false;
  #over = false;
  #complete = false;
  #evicted = false;
  #stopAt: number | undefined;
  #stopAs: PumpEnd = "stopped";
  #objectsSent: number;

  constructor(options: PumpOptions, owner: PumpOwner) {
    this.log = options.log;
    this.#options = options;
    this.#owner = owner;
    this.#cursor = new LogCursor(options.log, 0);
    this.#located = options.firstObject === undefined;
    this.#objectsSent = 0;
    this.log.follow(this);
  }

  /** Bytes that wait to be sent. */
  get backlog(): number {
    return this.#located ? this.#cursor.backlog : 0;
  }

  /** Whether a stream was opened. */
  get hasStream(): boolean {
    return this.#stream !== undefined;
  }

  /** Whether a stream is open or being opened. */
  get isOpen(): boolean {
    return this.#busy || this.#stream !== undefined;
  }

  /** Changes who is sent first, from now on. */
  set sendOrder(value: number) {
    if (this.#stream !== undefined && !this.#over) this.#stream.priority = value;
  }

  wake(): void {
    if (!this.#busy) this.#pump();
    if (this.log.state === "complete" && !this.#over && !this.#complete) {
      this.#complete = true;
      this.#owner.logCompleted(this);
    }
  }

  evicted(): void {
    if (this.#located && !this.#cursor.lagged) return;
    this.#evicted = true;
    this.#cursor.release();
    this.wake();
  }

  /**
   * Sends no more of the subgroup. Where streams cannot be reset, the object that is being sent is
   * still sent to its end, since a stream must not stop within an object.
   */
  stop(as: PumpEnd = "stopped"): void {
    if (this.#over || this.#stopAt !== undefined) return;
    this.#stopAs = as;
    const { connection } = this.#options;
    if (connection.canReset || this.#stream === undefined || this.#evicted) return this.#cut(as);
    this.#stopAt = this.#nextBoundary();
    this.wake();
  }

  /** Ends at once, within an object if need be: the subscription is over. */
  abandon(as: PumpEnd): void {
    if (!this.#over) this.#cut(as);
  }

  #pump(): void {
    if (this.#over) return;
    if (this.#evicted) return this.#cut("evicted");
    if (!this.#located && !this.#locate()) return;
    if (this.#isExpired()) return this.#cut("expired");
    const chunk = this.#prefix ?? this.#nextChunk();
    if (chunk === undefined) return this.#rest();
    if (this.#stream === undefined) return this.#open();
    this.#write(this.#stream, chunk);
  }

  #write(stream: SendStream, chunk: Uint8Array): void {
    this.#busy = true;
    if (this.#prefix !== undefined) this.#prefix = undefined;
    else this.#cursor.advance(chunk.length);
    this.#owner.sent(chunk.length, this.#countObjects());
    stream.write(chunk).then(this.#written, this.#failed);
  }

  readonly #written = () => {
    this.#busy = false;
    this.#pump();
  };

  readonly #failed = () => this.#end("refused");

  #open(): void {
    this.#busy = true;
    this.#options.openStream().then((stream) => {
      this.#busy = false;
      stream.priority = this.#options.sendOrder;
      this.#stream = stream;
      this.#owner.streamOpened();
      if (this.#over) stream.reset(this.#options.resetCode(this.#stopAs));
      else this.#pump();
    }, this.#failed);
  }

  /** Nothing is ready: waits, or ends where nothing will be. */
  #rest(): void {
    if (this.#stopAt !== undefined && this.#cursor.offset >= this.#stopAt) {
      return this.#cut(this.#stopAs);
    }
    if (this.#cursor.lagged) return this.#cut("evicted");
    if (this.log.state === "complete") return this.#finish();
    if (this.log.state === "incomplete") this.#cut("incomplete");
  }

  #finish(): void {
    if (this.#stream === undefined) return this.#end("empty");
    this.#stream.finish().catch(() => {});
    this.#end("finished");
  }

  #cut(as: PumpEnd): void {
    this.#stream?.reset(this.#options.resetCode(as));
    this.#stopAs = as;
    this.#end(this.#stream === undefined && as === "incomplete" ? "empty" : as);
  }

  #end(end: PumpEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.log.unfollow(this);
    this.#cursor.release();
    this.#owner.pumpEnded(this, end);
  }

  #nextChunk(): Uint8Array | undefined {
    const chunk = this.#cursor.next();
    if (chunk === undefined || this.#stopAt === undefined) return chunk;
    const left = this.#stopAt - this.#cursor.offset;
    if (left <= 0) return undefined;
    return chunk.length <= left ? chunk : chunk.subarray(0, left);
  }

  /**
   * Finds the first object that is wanted. It takes a header of its own, because on this stream it is
   * the first and ids are counted from the one before.
   */
  #locate(): boolean {
    const { log } = this;
    const index = log.indexOf(this.#options.firstObject!);
    if (index === log.count) {
      if (log.state !== "open") this.#end("empty");
      return false;
    }
    if (log.startOf(index) >= log.ready) return false;
    const object = log.objectAt(index);
    const header = encodeSubgroupHeader({
      alias: this.#options.track.alias,
      group: log.group,
      subgroup: log.subgroup,
      priority: log.priority,
      hasProperties: log.hasProperties,
      endOfGroup: log.endOfGroup,
      firstObject: false,
    });
    const { id, properties, payloadLength, status } = object;
    const size = objectHeaderSize(id, log.hasProperties, properties, payloadLength, status);
    const prefix = new Uint8Array(header.length + size);
    prefix.set(header);
    writeObjectHeader(
      prefix,
      header.length,
      id,
      log.hasProperties,
      properties,
      payloadLength,
      status,
    );
    this.#prefix = prefix;
    this.#cursor.advance(object.payloadStart);
    this.#objectsSent = index;
    return this.#located = true;
  }

  /** Whether the next object began to arrive too long ago. An object that was begun is sent whole. */
  #isExpired(): boolean {
    const oldest = this.#options.oldest();
    if (oldest === undefined || this.log.count === 0) return false;
    const index = this.log.indexAtOffset(this.#cursor.offset);
    const next = index < 0 ? 0 : index;
    const atBoundary = index < 0 || this.log.startOf(index) === this.#cursor.offset;
    return atBoundary && next < this.log.count && this.log.timeOf(next) < oldest;
  }

  #nextBoundary(): number {
    const index = this.log.indexAtOffset(this.#cursor.offset);
    if (index < 0 || this.log.startOf(index) === this.#cursor.offset) return this.#cursor.offset;
    return this.log.endOf(index);
  }

  /** Objects that were begun since this was asked last. */
  #countObjects(): number {
    const { log } = this;
    const isAtTip = this.#cursor.offset >= log.ready;
    const begun = isAtTip ? log.count : log.indexAtOffset(this.#cursor.offset - 1) + 1;
    const more = Math.max(0, begun - this.#objectsSent);
    this.#objectsSent = begun;
    return more;
  }
}
