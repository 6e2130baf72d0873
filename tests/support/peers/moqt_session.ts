import type { Fetch, Parameters } from "@moqt/transport";
import { decodeSubscriptionFilter, MessageParam, RequestError18 } from "@moqt/transport";
import { type MoqtClient, toPath } from "./moqt.ts";
import { MoqtTrack } from "./moqt_track.ts";
import { NamespaceSet } from "./namespace_set.ts";
import type { DatagramPublication, Peer, Watch, WatchedObject } from "./peer.ts";

/** `@moqt/transport` on an established session, as a {@linkcode Peer} that announces unasked. */
export class MoqtPeer implements Peer {
  readonly name: string;
  readonly seesTrackEnd = true;
  readonly client: MoqtClient;
  // The tracks by their names, by the paths of their namespaces.
  readonly #publications = new Map<string, ReadonlyMap<string, MoqtTrack>>();
  #nextAlias = 1n;
  readonly #namespaces = new NamespaceSet(() => this.client.subscribeNamespace(""));

  constructor(name: string, client: MoqtClient) {
    this.name = name;
    this.client = client;
    const { connection } = client;
    connection.onSubscribe = (id, namespace, name, parameters) =>
      this.#answer(this.#subscribed(id, this.#track(namespace, name), parameters));
    connection.onSubscribeClosed = (id) => {
      for (const tracks of this.#publications.values()) {
        for (const track of tracks.values()) track.drop(id);
      }
    };
    connection.onFetch = (id, fetch) => this.#answer(this.#fetched(id, fetch));
    connection.onSubscribeNamespace = (id) => this.#answer(connection.acceptSubscribeNamespace(id));
  }

  async publish(path: string, tracks: readonly string[]): Promise<DatagramPublication> {
    const published = new Map(tracks.map((name) => [name, new MoqtTrack(this.client)]));
    this.#publications.set(path, published);
    const requestId = await this.client.publishNamespace(path);
    return {
      startGroup: (track) => Promise.resolve(published.get(track)!.startGroup()),
      sendDatagram: (track, payload) => published.get(track)!.sendDatagram(payload),
      subscribed: (track) => published.get(track)!.deliveries((count) => count > 0),
      unsubscribed: (track) => published.get(track)!.deliveries((count) => count === 0),
      end: async () => {
        await Promise.all(published.values().map((track) => track.end()));
        this.#publications.delete(path);
        await this.client.connection.publishNamespaceDone(requestId);
      },
    };
  }

  async watch(path: string, track: string): Promise<Watch> {
    const filter = { subscriptionFilter: { type: "LargestObject" } } as const;
    const subscription = await this.client.subscribe(path, track, filter);
    return {
      async next(): Promise<WatchedObject | undefined> {
        for (;;) {
          const object = await subscription.next();
          if (object?.kind === "gap") continue;
          return object && {
            group: Number(object.groupId),
            object: Number(object.objectId),
            payload: object.payload,
          };
        }
      },
      stop: () => subscription.unsubscribe(),
    };
  }

  announced(path: string): Promise<void> {
    return this.#namespaces.until(path, true);
  }

  withdrawn(path: string): Promise<void> {
    return this.#namespaces.until(path, false);
  }

  close(): Promise<void> {
    return this.client.close();
  }

  #track(namespace: readonly Uint8Array[], name: Uint8Array): MoqtTrack | undefined {
    return this.#publications.get(toPath(namespace))?.get(new TextDecoder().decode(name));
  }

  async #subscribed(id: bigint, track: MoqtTrack | undefined, parameters: Parameters) {
    const { connection } = this.client;
    if (track === undefined) {
      return await connection.rejectSubscribe(id, RequestError18.DOES_NOT_EXIST, "no such track");
    }
    const filter = parameters.get(BigInt(MessageParam.SUBSCRIPTION_FILTER))?.[0];
    await track.serve(
      id,
      this.#nextAlias++,
      filter instanceof Uint8Array
        ? decodeSubscriptionFilter(filter, connection.draftVersion)
        : undefined,
    );
  }

  async #fetched(id: bigint, { fetch }: Fetch) {
    const { connection } = this.client;
    if (fetch.fetchType !== 1) throw new Error("The relay joins a subscription of its own");
    const track = this.#track(fetch.trackNamespace, fetch.trackName);
    if (track !== undefined) return await track.fetch(id, fetch.startLocation, fetch.endLocation);
    await connection.rejectFetch(id, RequestError18.DOES_NOT_EXIST, "no such track");
  }

  /** The peer may leave while it is being answered. */
  #answer(work: Promise<void>): void {
    work.catch(() => {});
  }
}
