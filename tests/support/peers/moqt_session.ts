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
  readonly #publications = new Map<string, MoqtPublication>();
  #nextAlias = 1n;
  #known: Promise<NamespaceSet> | undefined;

  constructor(name: string, client: MoqtClient) {
    this.name = name;
    this.client = client;
    const { connection } = client;
    connection.onSubscribe = (id, namespace, name, parameters) =>
      this.#answer(this.#subscribed(id, toPath(namespace), decode(name), parameters));
    connection.onSubscribeClosed = (id) => {
      for (const publication of this.#publications.values()) publication.drop(id);
    };
    connection.onFetch = (id, fetch) => this.#answer(this.#fetched(id, fetch));
    connection.onSubscribeNamespace = (id) => this.#answer(connection.acceptSubscribeNamespace(id));
    connection.onTrackStatus = (id, status) => {
      const path = toPath(status.trackNamespace);
      const track = this.#publications.get(path)?.track(decode(status.trackName));
      this.#answer(
        track === undefined
          ? connection.rejectTrackStatus(id, RequestError18.DOES_NOT_EXIST, "no such track")
          : connection.acceptTrackStatus(id, track.largestParameter()),
      );
    };
  }

  async publish(path: string, tracks: readonly string[]): Promise<DatagramPublication> {
    const publication = new MoqtPublication(this.client, tracks);
    this.#publications.set(path, publication);
    const requestId = await this.client.publishNamespace(path);
    return {
      startGroup: (track) => Promise.resolve(publication.track(track)!.startGroup()),
      sendDatagram: (track, payload) => publication.track(track)!.sendDatagram(payload),
      subscribed: (track) => publication.track(track)!.deliveries((count) => count > 0),
      unsubscribed: (track) => publication.track(track)!.deliveries((count) => count === 0),
      end: async () => {
        await publication.end();
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

  async announced(path: string): Promise<void> {
    await (await this.#namespaces()).until(path, true);
  }

  async withdrawn(path: string): Promise<void> {
    await (await this.#namespaces()).until(path, false);
  }

  close(): Promise<void> {
    return this.client.close();
  }

  #namespaces(): Promise<NamespaceSet> {
    this.#known ??= this.#askForNamespaces();
    return this.#known;
  }

  async #askForNamespaces(): Promise<NamespaceSet> {
    const events = await this.client.subscribeNamespace("");
    const known = new NamespaceSet();
    void known.follow(() => events.next());
    return known;
  }

  async #subscribed(id: bigint, path: string, name: string, parameters: Parameters) {
    const { connection } = this.client;
    const track = this.#publications.get(path)?.track(name);
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
    const track = fetch.fetchType === 1
      ? this.#publications.get(toPath(fetch.trackNamespace))?.track(decode(fetch.trackName))
      : undefined;
    if (track === undefined || fetch.fetchType !== 1) {
      return await connection.rejectFetch(id, RequestError18.DOES_NOT_EXIST, "no such track");
    }
    await track.fetch(id, fetch.startLocation, fetch.endLocation);
  }

  /** The peer may leave while it is being answered. */
  #answer(work: Promise<void>): void {
    work.catch(() => {});
  }
}

class MoqtPublication {
  readonly #tracks: ReadonlyMap<string, MoqtTrack>;

  constructor(client: MoqtClient, tracks: readonly string[]) {
    this.#tracks = new Map(tracks.map((name) => [name, new MoqtTrack(client)]));
  }

  track(name: string): MoqtTrack | undefined {
    return this.#tracks.get(name);
  }

  drop(requestId: bigint): void {
    for (const track of this.#tracks.values()) track.drop(requestId);
  }

  async end(): Promise<void> {
    await Promise.all(this.#tracks.values().map((track) => track.end()));
  }
}

function decode(name: Uint8Array): string {
  return new TextDecoder().decode(name);
}
