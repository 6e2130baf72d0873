import type { DraftVersion, Fetch, Parameters } from "@moqt/transport";
import { decodeSubscriptionFilter, MessageParam, RequestError18 } from "@moqt/transport";
import { MoqtClient, toPath } from "./moqt.ts";
import { MoqtTrack } from "./moqt_track.ts";
import { NamespaceSet } from "./namespace_set.ts";
import type { DatagramPublication, Peer, Watch } from "./peer.ts";

/** `@moqt/transport` as a {@linkcode Peer} that announces unasked. */
export class MoqtPeer extends MoqtClient implements Peer {
  // By the paths of their namespaces and their names.
  readonly #tracks = new Map<string, MoqtTrack>();
  #nextAlias = 1n;
  readonly #namespaces = new NamespaceSet(() => this.subscribeNamespace(""));

  constructor(draft?: DraftVersion) {
    super(draft);
    const { connection } = this;
    // The peer may leave while it is being answered.
    connection.onSubscribe = (id, namespace, name, parameters) =>
      void this.#subscribed(id, this.#track(namespace, name), parameters).catch(() => {});
    connection.onSubscribeClosed = (id) => {
      for (const track of this.#tracks.values()) track.drop(id);
    };
    connection.onFetch = (id, fetch) => void this.#fetched(id, fetch).catch(() => {});
    connection.onSubscribeNamespace = (id) =>
      void connection.acceptSubscribeNamespace(id).catch(() => {});
  }

  async publish(path: string, names: readonly string[]): Promise<DatagramPublication> {
    for (const name of names) this.#tracks.set(`${path}/${name}`, new MoqtTrack(this.connection));
    const track = (name: string) => this.#tracks.get(`${path}/${name}`)!;
    const requestId = await this.publishNamespace(path);
    return {
      startGroup: (name) => Promise.resolve(track(name).startGroup()),
      sendDatagram: (name, payload) => track(name).sendDatagram(payload),
      subscribed: (name) => track(name).deliveries((count) => count > 0),
      unsubscribed: (name) => track(name).deliveries((count) => count === 0),
      end: async () => {
        await Promise.all(names.map((name) => track(name).end()));
        for (const name of names) this.#tracks.delete(`${path}/${name}`);
        await this.connection.publishNamespaceDone(requestId);
      },
    };
  }

  async watch(path: string, track: string): Promise<Watch> {
    const filter = { subscriptionFilter: { type: "LargestObject" } } as const;
    const subscription = await this.subscribe(path, track, filter);
    return {
      next: () => subscription.next(),
      stop: () => this.connection.unsubscribe(subscription.ok.requestId),
    };
  }

  announced(path: string): Promise<void> {
    return this.#namespaces.until(path, true);
  }

  withdrawn(path: string): Promise<void> {
    return this.#namespaces.until(path, false);
  }

  #track(namespace: readonly Uint8Array[], name: Uint8Array): MoqtTrack | undefined {
    return this.#tracks.get(toPath([...namespace, name]));
  }

  async #subscribed(id: bigint, track: MoqtTrack | undefined, parameters: Parameters) {
    const { connection } = this;
    if (track === undefined) {
      return await connection.rejectSubscribe(id, RequestError18.DOES_NOT_EXIST, "no such track");
    }
    const [filter] = parameters.get(BigInt(MessageParam.SUBSCRIPTION_FILTER)) ?? [];
    const decoded = filter instanceof Uint8Array
      ? decodeSubscriptionFilter(filter, connection.draftVersion)
      : undefined;
    await track.serve(id, this.#nextAlias++, decoded);
  }

  async #fetched(id: bigint, { fetch }: Fetch) {
    if (fetch.fetchType !== 1) throw new Error("The relay joins a subscription of its own");
    const track = this.#track(fetch.trackNamespace, fetch.trackName);
    if (track !== undefined) return await track.fetch(id, fetch.startLocation, fetch.endLocation);
    await this.connection.rejectFetch(id, RequestError18.DOES_NOT_EXIST, "no such track");
  }
}
