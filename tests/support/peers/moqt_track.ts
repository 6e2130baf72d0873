import {
  MessageParam,
  type Parameters,
  PublishDoneCode18,
  RequestError18,
  type SubscriptionFilter,
} from "@moqt/transport";
import type { MoqtClient } from "./moqt.ts";
import type { PublishedGroup } from "./peer.ts";

// Everything is sent with the priority that the draft takes when none is given.
const PRIORITY = 128;

interface TrackGroup {
  readonly id: number;
  readonly objects: Uint8Array[];
  ended: boolean;
}

/** One subscription: the streams it has open, by group, and its writes in order. */
interface Delivery {
  readonly requestId: bigint;
  readonly alias: bigint;
  readonly start: { readonly group: number; readonly object: number };
  readonly streams: Map<number, Promise<bigint>>;
  written: Promise<unknown>;
}

/** Everything that was published on a track, and who gets what comes next. */
export class MoqtTrack {
  readonly #client: MoqtClient;
  readonly #groups: TrackGroup[] = [];
  readonly #deliveries = new Map<bigint, Delivery>();
  #changed = Promise.withResolvers<void>();

  constructor(client: MoqtClient) {
    this.#client = client;
  }

  startGroup(): PublishedGroup {
    const group: TrackGroup = { id: this.#groups.length, objects: [], ended: false };
    this.#groups.push(group);
    return {
      id: group.id,
      write: async (payload) => {
        group.objects.push(payload);
        await this.#each((delivery) => this.#send(delivery, group, group.objects.length - 1));
      },
      end: async () => {
        group.ended = true;
        await this.#each((delivery) => this.#finish(delivery, group));
      },
    };
  }

  /** A group of one object, in a datagram to everybody; yields the group's number. */
  async sendDatagram(payload: Uint8Array): Promise<number> {
    const group: TrackGroup = { id: this.#groups.length, objects: [payload], ended: true };
    this.#groups.push(group);
    const { connection } = this.#client;
    await this.#each(({ alias }) =>
      connection.sendDatagram(alias, BigInt(group.id), 0n, payload, { publisherPriority: PRIORITY })
    );
    return group.id;
  }

  async serve(requestId: bigint, alias: bigint, filter?: SubscriptionFilter): Promise<void> {
    const delivery: Delivery = {
      requestId,
      alias,
      start: this.#start(filter),
      streams: new Map(),
      written: Promise.resolve(),
    };
    const parameters = this.largestParameter();
    this.#deliveries.set(requestId, delivery);
    this.#countChanged();
    delivery.written = this.#client.connection.acceptSubscribe(requestId, alias, { parameters });
    for (const group of this.#groups.slice(delivery.start.group)) {
      group.objects.forEach((_, index) => this.#send(delivery, group, index));
      if (group.ended) this.#finish(delivery, group);
    }
    await delivery.written;
  }

  async fetch(requestId: bigint, start: Position, end: Position): Promise<void> {
    const { connection } = this.#client;
    const largest = this.#largest();
    if (largest === undefined) {
      return await connection.rejectFetch(requestId, RequestError18.INVALID_RANGE, "nothing yet");
    }
    const wholeGroup = end.object === 0n;
    const known = { group: BigInt(largest.group), object: BigInt(largest.object) + 1n };
    const beyond = end.group > known.group ||
      (end.group === known.group && (wholeGroup || end.object > known.object));
    await connection.acceptFetch(requestId, { endLocation: beyond ? known : end });
    const stream = await connection.openFetchStream(requestId);
    for (const group of this.#groups) {
      const groupId = BigInt(group.id);
      if (groupId < start.group || groupId > end.group) continue;
      for (const [index, payload] of group.objects.entries()) {
        const objectId = BigInt(index);
        if (groupId === start.group && objectId < start.object) continue;
        if (groupId === end.group && !wholeGroup && objectId >= end.object) break;
        const at = { groupId, objectId, subgroupId: 0n, publisherPriority: PRIORITY };
        await connection.sendFetchObject(stream, { ...at, payload });
      }
    }
    await connection.closeFetchStream(stream);
  }

  /** LARGEST_OBJECT as a parameter, when there is an object. */
  largestParameter(): Parameters {
    const largest = this.#largest();
    if (largest === undefined) return new Map();
    const location = { group: BigInt(largest.group), object: BigInt(largest.object) };
    return new Map([[BigInt(MessageParam.LARGEST_OBJECT), [location]]]);
  }

  /** The subscription is gone. */
  drop(requestId: bigint): void {
    if (this.#deliveries.delete(requestId)) this.#countChanged();
  }

  /** Resolves when the number of subscriptions is as wanted. */
  async deliveries(wanted: (count: number) => boolean): Promise<void> {
    while (!wanted(this.#deliveries.size)) await this.#changed.promise;
  }

  #countChanged(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async end(): Promise<void> {
    await this.#each(async (delivery) => {
      for (const group of this.#groups) await this.#finish(delivery, group);
      await delivery.written;
      await this.#client.connection.publishDone(
        delivery.requestId,
        PublishDoneCode18.TRACK_ENDED,
        "track ended",
      );
    });
  }

  #largest(): { readonly group: number; readonly object: number } | undefined {
    const group = this.#groups.findLast(({ objects }) => objects.length > 0);
    return group && { group: group.id, object: group.objects.length - 1 };
  }

  #start(filter?: SubscriptionFilter): { readonly group: number; readonly object: number } {
    const largest = this.#largest();
    if (filter?.type === "AbsoluteStart" || filter?.type === "AbsoluteRange") {
      return { group: Number(filter.startGroup), object: Number(filter.startObject) };
    }
    if (largest === undefined) return { group: 0, object: 0 };
    if (filter?.type === "NextGroupStart") return { group: largest.group + 1, object: 0 };
    return { group: largest.group, object: largest.object + 1 };
  }

  /** A subscriber that is gone is no reason for the publisher to fail. */
  async #each(work: (delivery: Delivery) => Promise<void>): Promise<void> {
    await Promise.allSettled(this.#deliveries.values().map(work));
  }

  /** Appends one object's write to what the subscription has still to be sent. */
  #send(delivery: Delivery, group: TrackGroup, index: number): Promise<void> {
    const { start } = delivery;
    const before = group.id < start.group || (group.id === start.group && index < start.object);
    if (before) return Promise.resolve();
    return this.#then(delivery, async () => {
      const { connection } = this.#client;
      let stream = delivery.streams.get(group.id);
      if (stream === undefined) {
        stream = connection.openSubgroup(delivery.alias, BigInt(group.id), 0n, {
          subgroupIdMode: 0,
          // Older drafts cannot say it.
          ...(connection.draftVersion === 18 && { firstObject: index === 0 }),
          endOfGroup: true,
          publisherPriority: PRIORITY,
        });
        delivery.streams.set(group.id, stream);
      }
      await connection.sendObject(await stream, BigInt(index), group.objects[index]!);
    });
  }

  #finish(delivery: Delivery, group: TrackGroup): Promise<void> {
    return this.#then(delivery, async () => {
      const stream = delivery.streams.get(group.id);
      delivery.streams.delete(group.id);
      if (stream !== undefined) await this.#client.connection.closeSubgroup(await stream);
    });
  }

  #then(delivery: Delivery, write: () => Promise<void>): Promise<void> {
    const done = delivery.written.then(write);
    delivery.written = done;
    done.catch(() => this.drop(delivery.requestId));
    return done;
  }
}

interface Position {
  readonly group: bigint;
  readonly object: bigint;
}
