import { refused } from "@qumo/shared/runtime";
import {
  type FullTrackName,
  type Location,
  ObjectStatus,
  type StreamErrorName,
} from "@qumo/shared/wire";
import {
  type DatagramObject,
  type FetchedObject,
  type FetchSink,
  type FetchStep,
  type LocationRange,
  MAX_NEAR_FILLS,
  passes,
  type PastSource,
  type PendingFetch,
  planFetch,
  SubgroupLog,
  type Track,
} from "../../track/mod.ts";
import { TransportError } from "../../transport/errors.ts";
import type { SendStream } from "../../transport/types.ts";
import type { FetchItem, FetchOutput, Unsaid } from "../fetch_output.ts";
import type { Standing, UnfinishedOwner } from "./unfinished_streams.ts";
import { wholeObject } from "./whole_object.ts";
import type { ObjectFetchContext, ObjectFetchOptions } from "./object_fetch_options.ts";

/** Sends the objects of one fetch on one stream. */
export class ObjectFetch implements FetchSink, UnfinishedOwner {
  readonly #context: ObjectFetchContext;
  readonly #options: ObjectFetchOptions;
  readonly #items: FetchOutput;
  #opening: Promise<void> | undefined;
  #stream: SendStream | undefined;
  #sendOrder: number;
  #filling: PendingFetch | undefined;
  #mayFill = true;
  #hasLeftOut = false;
  #over = false;
  #isWriting = false;
  // The reason of the reset after a cancellation.
  #code: StreamErrorName = "internal_error";

  constructor(context: ObjectFetchContext, options: ObjectFetchOptions) {
    this.#context = context;
    this.#options = options;
    this.#sendOrder = options.sendOrder;
    this.#items = options.output;
  }

  /** Changes the send order. */
  set sendOrder(value: number) {
    this.#sendOrder = value;
    if (this.#stream !== undefined && !this.#over) this.#stream.priority = value;
  }

  /** Cancels the fetch; does nothing after everything was sent. */
  cancel(code: StreamErrorName): void {
    if (this.#over) return;
    this.#over = true;
    this.#code = code;
    this.#filling?.cancel();
    // If the stream cannot be reset, an object that is being written is completed first.
    if (!this.#isWriting || this.#context.connection.canReset) this.#leave();
  }

  /**
   * A peer that cancelled the fetch ignores the stream's end; any other must not take it for
   * complete.
   */
  get standing(): Standing {
    return this.#code === "cancelled" ? "left" : "live";
  }

  /** A fetch has no other streams to give up. */
  giveUp(): void {}

  #leave(): void {
    if (this.#stream === undefined) return;
    const { unfinished } = this.#context.streams;
    const end = { stream: this.#stream, owner: this, subgroup: undefined, missing: 0 };
    unfinished.leave(end, this.#code);
  }

  /** Stops waiting for a publisher: missing ranges are marked as unknown. */
  stopFilling(): void {
    this.#mayFill = false;
    if (this.#filling?.stopAsking !== undefined) this.#filling.stopAsking();
    else this.#filling?.cancel();
  }

  /**
   * Sends a range from the cache. At the first missing object the rest is fetched from `publisher`, or
   * each gap from one that is near; without one, or if that fails, the cache continues and unknown ranges
   * are marked.
   */
  async fromCache(
    track: Track,
    range: LocationRange,
    publisher: PastSource | undefined,
  ): Promise<void> {
    await this.#open();
    const { order } = this.#options;
    const couldFill = publisher !== undefined;
    let fills = 0;
    const unknown = (location: Location) => {
      this.#items.noteUnknown(location, couldFill && !this.#mayFill ? "timed_out" : "unknown");
    };
    for (const step of planFetch(track, range, order)) {
      if (this.#over) return;
      if (step.kind === "object") {
        if (await this.#fromStep(track, step)) continue;
        unknown({ group: step.group, object: BigInt(step.id) });
        continue;
      }
      if (publisher?.isNear && fills++ < MAX_NEAR_FILLS) {
        if ((await this.#fillFrom(publisher, track.name, step.range)).ok) continue;
      } else if (publisher !== undefined && this.#mayFill) {
        const rest = order === "ascending"
          ? { start: step.range.start, end: range.end }
          : { start: range.start, end: step.range.end };
        const fetching = this.fromPublisher(publisher, track.name, rest);
        if ((await fetching.finished).ok) break;
        publisher = undefined;
        if (this.#items.hasPassed(step.range.end)) continue;
      }
      unknown(step.range.end);
    }
    await this.#finish();
  }

  /** Fetches a gap from a publisher that is near. */
  #fillFrom(publisher: PastSource, name: FullTrackName, range: LocationRange) {
    const fetching = this.fromPublisher(publisher, name, range);
    if (!this.#mayFill) fetching.stopAsking?.();
    return fetching.finished;
  }

  /** Sends nothing of a range: it is said to be unknown. */
  async nothingKnown({ end }: LocationRange): Promise<void> {
    await this.#open();
    this.#items.noteUnknown(end);
    await this.#finish();
  }

  /** Starts to fetch a range from a publisher. */
  fromPublisher(publisher: PastSource, name: FullTrackName, range: LocationRange): PendingFetch {
    const { order, via } = this.#options;
    this.#filling = this.#over
      ? ABANDONED
      : publisher.fetch({ name, start: range.start, end: range.end, order, via }, this);
    return this.#filling;
  }

  /** Waits for the publisher's fetch to end, and ends the stream accordingly. */
  async finishFrom(fetching: PendingFetch): Promise<void> {
    await this.#open();
    const outcome = await fetching.finished;
    if (!outcome.ok) this.cancel("unknown_object_status");
    await this.#finish();
  }

  /** Sends an object of the publisher's fetch ({@linkcode FetchSink}). */
  async object(object: FetchedObject): Promise<void> {
    await this.#open();
    const { group, payload, renderer, properties: bytes } = object;
    if (this.#over || this.#items.hasPassed({ group, object: BigInt(object.object) })) return;
    const properties = { bytes, form: renderer.properties };
    await this.#send({ ...object, properties, payloadLength: payload.length }, [payload]);
  }

  unknownUpTo(group: bigint, object: bigint): void {
    this.#items.noteUnknown({ group, object });
  }

  /** Sends an object from the cache; false when it was evicted. */
  async #fromStep(track: Track, step: FetchStep & { kind: "object" }): Promise<boolean> {
    const { home, group, id } = step;
    if (this.#items.hasPassed({ group, object: BigInt(id) })) return true;
    if (!(home instanceof SubgroupLog)) return await this.#fromDatagram(track, home);
    await wholeObject(home, id);
    const index = home.indexOf(id);
    if (index >= home.count || home.idAt(index) !== id || !home.isWhole(index)) return false;
    if (this.#isExpired(track, home.timeOf(index))) return false;
    const { status, properties, payloadLength, payloadStart } = home.objectAt(index);
    // A fetch omits what does not exist, including the objects that mark an end.
    if (status !== ObjectStatus.NORMAL) return true;
    await this.#send({
      group,
      subgroup: home.subgroup,
      object: id,
      priority: track.priorityOf(home.priority),
      properties,
      payloadLength,
    }, [...home.views(payloadStart, payloadStart + payloadLength)]);
    return true;
  }

  /** Sends an object that arrived as a datagram from the cache; false when it was evicted. */
  async #fromDatagram(track: Track, datagram: DatagramObject): Promise<boolean> {
    if (this.#isExpired(track, datagram.time)) return false;
    if (datagram.status !== ObjectStatus.NORMAL) return true;
    const { group, object, properties, payload } = datagram;
    await this.#send({
      group,
      subgroup: undefined,
      object,
      priority: track.priorityOf(datagram.priority),
      properties,
      payloadLength: payload.length,
    }, [payload]);
    return true;
  }

  #isExpired(track: Track, time: number): boolean {
    const { maxCacheDuration } = track.properties;
    return maxCacheDuration !== undefined && this.#context.clock.now() - time > maxCacheDuration;
  }

  /** Sends an object. One that the peer's draft cannot say is left out, and said to be unknown. */
  async #send(item: FetchItem, payload: readonly Uint8Array[]): Promise<void> {
    if (!passes(this.#options.filter, item)) return;
    const header = this.#items.object(item);
    if (typeof header === "string") return this.#unsaid(header);
    await this.#write(header, payload);
  }

  /** What is left out without a word would be taken for what does not exist. */
  #unsaid(what: Unsaid): void {
    this.#countLeftOut();
    if (what === "unknown") this.cancel("unknown_object_status");
  }

  #countLeftOut(): void {
    const { metrics, events } = this.#context;
    metrics.skips.inexpressible++;
    metrics.inexpressible.object++;
    if (this.#hasLeftOut) return;
    this.#hasLeftOut = true;
    events.say("objects of a fetch left out", {
      ...this.#options.subject,
      reason: "inexpressible",
    });
  }

  /** Opens the fetch's stream once; the first object and the end may both wait for it. */
  #open(): Promise<void> {
    this.#opening ??= this.#openStream();
    return this.#opening;
  }

  async #openStream(): Promise<void> {
    if (this.#over) return;
    const { supply } = this.#context.streams;
    const { header, stream: own } = this.#options;
    const stream = own ?? await supply.open(this.#sendOrder);
    if (this.#over && own === undefined) return supply.giveBack(stream);
    stream.priority = this.#sendOrder;
    this.#stream = stream;
    if (header.length > 0) await stream.write(header);
  }

  async #write(header: Uint8Array, payload: readonly Uint8Array[]): Promise<void> {
    const { sent } = this.#context.metrics;
    if (this.#over) throw over();
    sent.objects++;
    this.#isWriting = true;
    for (const bytes of [header, ...payload]) {
      if (this.#over && this.#context.connection.canReset) throw over();
      sent.bytes += bytes.length;
      if (bytes.length > 0) await this.#stream!.write(bytes);
    }
    this.#isWriting = false;
    if (!this.#over) return;
    this.#leave();
    throw over();
  }

  async #finish(): Promise<void> {
    if (this.#over) return;
    const last = this.#items.end();
    if (typeof last === "string") return this.#unsaid(last);
    if (last.length > 0) await this.#stream!.write(last);
    this.#over = true;
    await this.#stream!.finish();
  }
}

function over(): TransportError {
  return new TransportError("closed", 0, "Cannot write: the fetch is over");
}

const ABANDONED: PendingFetch = {
  answer: Promise.resolve(refused({ kind: "timeout", reason: "the fetch was cancelled" })),
  finished: Promise.resolve(refused({ kind: "timeout", reason: "the fetch was cancelled" })),
  cancel: () => {},
};
