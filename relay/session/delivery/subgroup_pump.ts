import type { Timer } from "@qumo/shared/runtime";
import {
  LogCursor,
  type LogReader,
  type Rendering,
  type SubgroupLog,
  takeMemory,
} from "../../track/mod.ts";
import type { SendStream } from "../../transport/types.ts";
import type { PumpEnd } from "./pump_end.ts";
import type { PumpOptions } from "./pump_options.ts";
import type { StreamWaiter } from "./stream_supply.ts";
import type { UnfinishedOwner } from "./unfinished_streams.ts";

/** Callbacks of a {@linkcode SubgroupPump}. */
export interface PumpOwner extends UnfinishedOwner {
  /** The stream was opened. */
  streamOpened(group: bigint): void;
  /** Bytes were written to the transport, with the starts of this many objects. */
  sent(bytes: number, objects: number): void;
  /** The transport accepted the first bytes of the stream. */
  begun(pump: SubgroupPump): void;
  /** The subgroup is complete and not all of it was sent. */
  logCompleted(pump: SubgroupPump): void;
  pumpEnded(pump: SubgroupPump, end: PumpEnd): void;
}

/**
 * Sends one subgroup to one subscriber: all available bytes in one write, then what arrived
 * meanwhile. It opens its stream when there is something to send.
 */
export class SubgroupPump implements LogReader, StreamWaiter {
  readonly log: SubgroupLog;
  /** When what is left of a complete subgroup is given up. */
  timeout: Timer | undefined;
  readonly #options: PumpOptions;
  readonly #owner: PumpOwner;
  readonly #rendering: Rendering;
  readonly #cursor: LogCursor;
  #prefix: Uint8Array | undefined;
  #stream: SendStream | undefined;
  #sendOrder: number;
  #located: boolean;
  #busy = false;
  #over = false;
  #begun = false;
  #complete = false;
  #evicted = false;
  #stopAt: number | undefined;
  #stopAs: PumpEnd = "stopped";
  #isAtLast = false;
  #objectsSent: number;
  #hasWritten = false;
  // Offset behind the last object of which bytes were written, even if that object is incomplete.
  #objectEnd = 0;

  constructor(options: PumpOptions, owner: PumpOwner) {
    this.log = options.log;
    this.#options = options;
    this.#owner = owner;
    this.#rendering = options.track.renderings.of(options.log, options.renderer);
    this.#cursor = new LogCursor(this.#rendering, 0);
    this.#sendOrder = options.sendOrder;
    this.#located = options.firstObject === undefined;
    this.#objectsSent = 0;
    this.log.follow(this);
  }

  /** Bytes that wait to be sent. */
  get backlog(): number {
    return this.#located ? this.#cursor.backlog : 0;
  }

  /** Whether it waits for the peer: for stream credit, or for a write. */
  get isBusy(): boolean {
    return this.#busy;
  }

  /** Whether a stream is open or requested. */
  get isOpen(): boolean {
    return this.#busy || this.#stream !== undefined;
  }

  get sendOrder(): number {
    return this.#sendOrder;
  }

  /** Changes the send order. */
  set sendOrder(value: number) {
    this.#sendOrder = value;
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
    if (this.#stream === undefined && this.#busy) return this.#cut("evicted");
    this.wake();
  }

  /**
   * Stops sending. If the peer cannot be told that the stream is incomplete, the current object is
   * completed first, since a stream must not end within an object.
   */
  stop(as: PumpEnd = "stopped"): void {
    if (this.#over || this.#stopAt !== undefined && !this.#isAtLast) return;
    this.#isAtLast = false;
    this.#stopAs = as;
    const anywhere = this.#options.unfinished.canEndAnywhere;
    if (anywhere || this.#stream === undefined || this.#evicted) return this.#cut(as);
    this.#stopAt = Math.max(this.#cursor.offset, this.#objectEnd);
    if (!this.#busy) this.#pump();
  }

  streamReady(stream: SendStream): void {
    this.#busy = false;
    stream.priority = this.#sendOrder;
    this.#stream = stream;
    this.#pump();
  }

  streamRefused(): void {
    this.#end("crowded");
  }

  streamFailed(): void {
    this.#end("refused");
  }

  #pump(): void {
    if (this.#over) return;
    if (this.#evicted) return this.#cut("evicted");
    if (!this.#located && !this.#locate()) return;
    if (this.#options.lastObject !== undefined && this.#isBehind(this.#options.lastObject)) {
      return this.#end("empty");
    }
    if (this.#isExpired()) return this.#cut("expired");
    const chunk = this.#prefix ?? this.#firstChunk() ?? this.#nextChunk();
    if (chunk === undefined) return this.#rest();
    if (this.#stream === undefined) return this.#open();
    this.#write(this.#stream, chunk);
  }

  #write(stream: SendStream, chunk: Uint8Array): void {
    this.#busy = true;
    if (!this.#hasWritten) this.#owner.streamOpened(this.log.group);
    this.#hasWritten = true;
    if (this.#prefix !== undefined) this.#prefix = undefined;
    else this.#cursor.advance(chunk.length);
    this.#owner.sent(chunk.length, this.#countObjects());
    stream.write(chunk).then(this.#written, this.#failed);
  }

  readonly #written = () => {
    this.#busy = false;
    if (!this.#begun) {
      this.#begun = true;
      this.#owner.begun(this);
    }
    if (!this.#isCaughtUp) this.#pump();
  };

  /** As after almost every write: nothing is to be done before the next wake. */
  get #isCaughtUp(): boolean {
    const { log } = this;
    return this.#rendering.isReadTo(this.#cursor.offset) && log.state === "open" &&
      !log.endsByMark && this.#stopAt === undefined && !this.#evicted;
  }

  readonly #failed = () => this.#end("refused");

  #open(): void {
    this.#busy = true;
    this.#options.supply.request(this);
  }

  /** No bytes are available: waits for more, or ends if none will come. */
  #rest(): void {
    const { log } = this;
    if (this.#cursor.lagged) return this.#cut("evicted");
    const rendering = this.#rendering;
    if (rendering.isBroken && this.backlog === 0) return this.#cut("inexpressible");
    const isWhole = log.state === "complete" || log.endsByMark && rendering.isShown;
    if (isWhole && this.backlog === 0) return this.#finish();
    if (this.#stopAt !== undefined && this.#cursor.offset >= this.#stopAt) {
      if (this.#isAtLast && this.#options.isWholeAtLast) return this.#finish();
      // What was sent last arrives meanwhile, where a reset would overtake it.
      if (this.#isAtLast && log.state === "open") return;
      return this.#cut(this.#stopAs);
    }
    if (log.state === "incomplete") this.#cut("incomplete");
  }

  #finish(): void {
    if (this.#stream === undefined) return this.#end("empty");
    this.#stream.finish().catch(() => {});
    this.#end("finished");
  }

  #cut(as: PumpEnd): void {
    if (this.#stream === undefined) {
      this.#options.supply.withdraw(this);
      return this.#end(as === "incomplete" ? "empty" : as);
    }
    if (!this.#hasWritten) return this.#leaveUnused(this.#stream, as);
    this.#options.unfinished.leave({
      stream: this.#stream,
      owner: this.#owner,
      subgroup: { track: this.#options.track, log: this.log },
      missing: Math.max(0, this.#objectEnd - this.#cursor.offset),
    }, this.#options.terms.resetCode(as));
    this.#end(as);
  }

  /** Returns a stream that was granted too late for this subgroup. */
  #leaveUnused(stream: SendStream, as: PumpEnd): void {
    this.#end(as === "incomplete" ? "empty" : as);
    this.#options.supply.giveBack(stream);
  }

  #end(end: PumpEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.log.unfollow(this);
    this.#cursor.release();
    this.#owner.pumpEnded(this, end);
  }

  /** The stream's header when there is something behind it, so that no stream has only that. */
  #firstChunk(): Uint8Array | undefined {
    const { header } = this.#options;
    const isNext = header !== undefined && !this.#hasWritten && this.#nextChunk() !== undefined;
    return isNext ? this.#prefix = header(0) : undefined;
  }

  #nextChunk(): Uint8Array | undefined {
    const chunk = this.#cursor.next();
    if (chunk === undefined) return undefined;
    const { track, unfinished } = this.#options;
    const limit = this.#stopAt ??
      (unfinished.wantsWhole(track) ? this.#rendering.wholeEnd : undefined);
    if (limit === undefined) return chunk;
    const left = limit - this.#cursor.offset;
    if (left <= 0) return undefined;
    return chunk.length <= left ? chunk : chunk.subarray(0, left);
  }

  /**
   * Finds the first object to send. It needs a rewritten header: on this stream it is the first,
   * and object ids are deltas.
   */
  #locate(): boolean {
    const { log } = this;
    const rendering = this.#rendering;
    const index = log.indexOf(this.#options.firstObject!);
    if (!rendering.has(index)) {
      if (rendering.isBroken) this.#end("inexpressible");
      else if (log.state !== "open") this.#end("empty");
      return false;
    }
    if (rendering.startOf(index) >= rendering.ready) return false;
    const object = log.objectAt(index);
    const start = rendering.beginAt(object);
    const header = this.#options.header?.(object.id);
    this.#prefix = header === undefined ? start : joined(header, start);
    this.#cursor.advance(rendering.endOf(index) - object.payloadLength);
    this.#objectsSent = index;
    return this.#located = true;
  }

  /**
   * Whether the next object is older than the delivery timeout. An object that was started is
   * completed.
   */
  #isExpired(): boolean {
    const oldest = this.#options.terms.oldest(this.log);
    if (oldest === undefined || this.log.count === 0) return false;
    const { offset } = this.#cursor;
    const index = this.#rendering.indexAtOffset(offset);
    const next = Math.max(0, index);
    const isBetween = offset === 0 || this.#rendering.has(index) &&
        this.#rendering.startOf(index) === offset;
    return isBetween && next < this.log.count && this.log.timeOf(next) < oldest;
  }

  /** Stops behind the last object to send, once its end is known; true for nothing to send. */
  #isBehind(lastObject: number): boolean {
    if (this.#stopAt !== undefined) return false;
    const index = this.log.indexOf(lastObject + 1);
    const stopAt = this.#endBefore(index, lastObject);
    if (stopAt === undefined) return false;
    this.#stopAt = stopAt;
    this.#isAtLast = true;
    return this.#stream === undefined && this.#objectsSent >= index;
  }

  /** Where what precedes this object ends: where it starts, or with the last object to send. */
  #endBefore(index: number, lastObject: number): number | undefined {
    const rendering = this.#rendering;
    if (rendering.has(index)) return rendering.startOf(index);
    // Another stream than a whole one is only reset when there is something that it leaves out.
    if (!this.#options.isWholeAtLast || !rendering.has(index - 1)) return undefined;
    return this.log.objectAt(index - 1).id === lastObject ? rendering.endOf(index - 1) : undefined;
  }

  /** The number of objects started since the last call. */
  #countObjects(): number {
    const rendering = this.#rendering;
    const { offset } = this.#cursor;
    const isWhole = offset >= rendering.ready && rendering.isWhole;
    const begun = isWhole ? rendering.count : rendering.indexAtOffset(offset - 1) + 1;
    // An object whose start was evicted has no index any more, but its end is known.
    if (isWhole) this.#objectEnd = offset;
    else if (rendering.has(begun - 1)) this.#objectEnd = rendering.endOf(begun - 1);
    const more = Math.max(0, begun - this.#objectsSent);
    this.#objectsSent = begun;
    return more;
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = takeMemory(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
