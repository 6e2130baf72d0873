import {
  type Location,
  MessageParam,
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
  /** What comes before is not sent. */
  readonly start: Location;
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
    const largest = this.#largest();
    const delivery: Delivery = {
      requestId,
      alias,
      start: startOf(filter, largest),
      streams: new Map(),
      written: this.#client.connection.acceptSubscribe(requestId, alias, {
        parameters: new Map(
          largest === undefined ? [] : [[BigInt(MessageParam.LARGEST_OBJECT), [largest]]],
        ),
      }),
    };
    this.#deliveries.set(requestId, delivery);
    this.#countChanged();
    for (const group of this.#groups) {
      group.objects.forEach((_, index) => this.#send(delivery, group, index));
      if (group.ended) this.#finish(delivery, group);
    }
    await delivery.written;
  }

  /** Serves a range; an end without an object is the whole group. */
  async fetch(requestId: bigint, start: Location, end: Location): Promise<void> {
    const { connection } = this.#client;
    const largest = this.#largest();
    if (largest === undefined) {
      return await connection.rejectFetch(requestId, RequestError18.INVALID_RANGE, "nothing yet");
    }
    const known = { group: largest.group, object: largest.object + 1n };
    const isWhole = end.object === 0n;
    const behind = isWhole ? { group: end.group + 1n, object: 0n } : end;
    await connection.acceptFetch(requestId, { endLocation: isBefore(known, behind) ? known : end });
    const stream = await connection.openFetchStream(requestId);
    for (const { id, objects } of this.#groups) {
      for (const [index, payload] of objects.entries()) {
        const [groupId, objectId] = [BigInt(id), BigInt(index)];
        const at = { group: groupId, object: objectId };
        if (isBefore(at, start) || !isBefore(at, behind)) continue;
        const fields = { groupId, objectId, subgroupId: 0n, publisherPriority: PRIORITY, payload };
        await connection.sendFetchObject(stream, fields);
      }
    }
    await connection.closeFetchStream(stream);
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

  #largest(): Location | undefined {
    const group = this.#groups.findLast(({ objects }) => objects.length > 0);
    return group && { group: BigInt(group.id), object: BigInt(group.objects.length - 1) };
  }

  /** A subscriber that is gone is no reason for the publisher to fail. */
  async #each(work: (delivery: Delivery) => Promise<void>): Promise<void> {
    await Promise.allSettled(this.#deliveries.values().map(work));
  }

  /** Appends one object's write to what the subscription has still to be sent. */
  #send(delivery: Delivery, group: TrackGroup, index: number): Promise<void> {
    const at = { group: BigInt(group.id), object: BigInt(index) };
    if (isBefore(at, delivery.start)) return Promise.resolve();
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

/** Where a subscription begins. */
function startOf(filter: SubscriptionFilter | undefined, largest: Location | undefined): Location {
  if (filter?.type === "AbsoluteStart" || filter?.type === "AbsoluteRange") {
    return { group: filter.startGroup, object: filter.startObject };
  }
  if (largest === undefined) return { group: 0n, object: 0n };
  if (filter?.type === "NextGroupStart") return { group: largest.group + 1n, object: 0n };
  return { group: largest.group, object: largest.object + 1n };
}

function isBefore(a: Location, b: Location): boolean {
  return a.group < b.group || (a.group === b.group && a.object < b.object);
}
