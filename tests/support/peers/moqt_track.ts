import {
  type Location,
  MessageParam,
  PublishDoneCode18,
  RequestError18,
  type SubscriptionFilter,
} from "@moqt/transport";
import { compareLocations } from "@qumo/shared/wire";
import type { MoqtConnection } from "@moqt/webtransport";
import type { PublishedGroup } from "./peer.ts";

// Everything is sent with the priority that the draft takes when none is given.
const PRIORITY = 128;

interface TrackGroup {
  readonly id: number;
  readonly objects: Uint8Array[];
  isOver: boolean;
}

/** One subscription. */
interface Delivery {
  readonly requestId: bigint;
  readonly alias: bigint;
  /** What comes before is not sent. */
  readonly start: Location;
  readonly accepted: Promise<void>;
  /** The streams, each until it is at its end. */
  readonly streams: Promise<void>[];
}

/** Everything that was published on a track, and who gets what comes next. */
export class MoqtTrack {
  readonly #connection: MoqtConnection;
  readonly #groups: TrackGroup[] = [];
  readonly #deliveries = new Map<bigint, Delivery>();
  #changed = Promise.withResolvers<void>();

  constructor(connection: MoqtConnection) {
    this.#connection = connection;
  }

  startGroup(): PublishedGroup {
    const group = this.#addGroup();
    for (const delivery of this.#deliveries.values()) this.#deliver(delivery, group);
    return {
      id: group.id,
      write: (payload) => Promise.resolve(this.#change(() => group.objects.push(payload))),
      end: () => Promise.resolve(this.#change(() => group.isOver = true)),
    };
  }

  /** A group of one object, in a datagram to everybody; yields the group's number. */
  async sendDatagram(payload: Uint8Array): Promise<number> {
    const { id } = this.#addGroup(payload);
    const options = { publisherPriority: PRIORITY };
    await this.#each(({ alias }) =>
      this.#connection.sendDatagram(alias, BigInt(id), 0n, payload, options)
    );
    return id;
  }

  async serve(requestId: bigint, alias: bigint, filter?: SubscriptionFilter): Promise<void> {
    const largest = this.#largest();
    const accepted = this.#connection.acceptSubscribe(requestId, alias, {
      parameters: new Map(
        largest === undefined ? [] : [[BigInt(MessageParam.LARGEST_OBJECT), [largest]]],
      ),
    });
    const delivery = { requestId, alias, start: startOf(filter, largest), accepted, streams: [] };
    this.#change(() => this.#deliveries.set(requestId, delivery));
    for (const group of this.#groups) this.#deliver(delivery, group);
    await accepted;
  }

  /** Serves a range; an end without an object is the whole group. */
  async fetch(requestId: bigint, start: Location, end: Location): Promise<void> {
    const connection = this.#connection;
    const largest = this.#largest();
    if (largest === undefined) {
      return await connection.rejectFetch(requestId, RequestError18.INVALID_RANGE, "nothing yet");
    }
    const known = { group: largest.group, object: largest.object + 1n };
    const behind = end.object === 0n ? { group: end.group + 1n, object: 0n } : end;
    const endLocation = compareLocations(known, behind) < 0 ? known : end;
    await connection.acceptFetch(requestId, { endLocation });
    const stream = await connection.openFetchStream(requestId);
    for (const { id, objects } of this.#groups) {
      for (const [index, payload] of objects.entries()) {
        const [groupId, objectId] = [BigInt(id), BigInt(index)];
        const at = { group: groupId, object: objectId };
        if (compareLocations(at, start) < 0 || compareLocations(at, behind) >= 0) continue;
        const fields = { groupId, objectId, subgroupId: 0n, publisherPriority: PRIORITY, payload };
        await connection.sendFetchObject(stream, fields);
      }
    }
    await connection.closeFetchStream(stream);
  }

  /** The subscription is gone. */
  drop(requestId: bigint): void {
    this.#change(() => this.#deliveries.delete(requestId));
  }

  /** Resolves when the number of subscriptions is as wanted. */
  deliveries(wanted: (count: number) => boolean): Promise<void> {
    return this.#until(() => wanted(this.#deliveries.size));
  }

  async end(): Promise<void> {
    this.#change(() => this.#groups.forEach((group) => group.isOver = true));
    await this.#each(async ({ requestId, streams }) => {
      await Promise.all(streams);
      const code = PublishDoneCode18.TRACK_ENDED;
      await this.#connection.publishDone(requestId, code, "track ended");
    });
  }

  #addGroup(...objects: Uint8Array[]): TrackGroup {
    const group = { id: this.#groups.length, objects, isOver: objects.length > 0 };
    this.#groups.push(group);
    return group;
  }

  #change(act: () => unknown): void {
    act();
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await this.#changed.promise;
  }

  #largest(): Location | undefined {
    const group = this.#groups.findLast(({ objects }) => objects.length > 0);
    return group && { group: BigInt(group.id), object: BigInt(group.objects.length - 1) };
  }

  /** A subscriber that is gone is no reason for the publisher to fail. */
  async #each(work: (delivery: Delivery) => Promise<void>): Promise<void> {
    await Promise.allSettled(this.#deliveries.values().map(work));
  }

  /** Sends a subscription the group as it grows. */
  #deliver(delivery: Delivery, group: TrackGroup): void {
    const sent = this.#send(delivery, group);
    delivery.streams.push(sent);
    sent.catch(() => this.drop(delivery.requestId));
  }

  async #send({ alias, start, accepted }: Delivery, group: TrackGroup): Promise<void> {
    await accepted;
    const [connection, id] = [this.#connection, BigInt(group.id)];
    let stream: bigint | undefined;
    for (let index = 0;; index++) {
      await this.#until(() => group.isOver || index < group.objects.length);
      if (index === group.objects.length) break;
      const object = BigInt(index);
      if (compareLocations({ group: id, object }, start) < 0) continue;
      stream ??= await connection.openSubgroup(alias, id, 0n, {
        subgroupIdMode: 0,
        // Older drafts cannot say it.
        ...(connection.draftVersion === 18 && { firstObject: index === 0 }),
        endOfGroup: true,
        publisherPriority: PRIORITY,
      });
      await connection.sendObject(stream, object, group.objects[index]!);
    }
    if (stream !== undefined) await connection.closeSubgroup(stream);
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
