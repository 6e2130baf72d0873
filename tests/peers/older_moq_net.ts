/**
 * The versions of `@moq/net` that `@moq/publish` 0.2.17 and `@moq/watch` 0.4.6 bring, which are what npm
 * has as their newest.
 */
import * as Net01 from "@moq/net-0.1";
import * as Net02 from "@moq/net-0.2";
import { MoqNetPeer } from "../support/peers/moq_net_peer.ts";
import { NamespaceSet } from "../support/peers/namespace_set.ts";
import type {
  Peer,
  Publication,
  PublishedGroup,
  Watch,
  WatchedObject,
} from "../support/peers/peer.ts";
import {
  connectQuicTransport,
  type QuicServerAddress,
} from "../support/transport/quic_transport.ts";
import { Queue } from "../support/peers/queue.ts";
import { asNegotiated, asWebTransport, withoutWebTransport } from "../support/peers/moq_net.ts";

/** How urgent its subscriptions are: what takes two bytes as the libraries write it. */
const PRIORITY = 155;

/** Connects `@moq/net` 0.2.8 over raw QUIC, as `@moq/watch` 0.4.6 does. */
export async function connectMoqNet02(
  server: QuicServerAddress,
  protocol?: string,
): Promise<Peer> {
  const session = await Net02.Connection.connect(
    urlOf(server),
    await transportTo(server, protocol),
  );
  // What is used of the library is the same in both versions.
  return new MoqNetPeer("@moq/net 0.2.8 over QUIC", session as never);
}

/** Connects `@moq/net` 0.1.9 over raw QUIC, as `@moq/publish` 0.2.17 does. */
export async function connectMoqNet01(
  server: QuicServerAddress,
  protocol?: string,
): Promise<Peer> {
  return new MoqNet01Peer(
    await Net01.Connection.connect(urlOf(server), await transportTo(server, protocol)),
  );
}

/** Connects `@moq/net` 0.2.8 over WebSocket, in a runtime without WebTransport. */
export async function callMoqNet02({ port }: QuicServerAddress): Promise<Peer> {
  const url = new URL(`http://127.0.0.1:${port}/`);
  const session = await withoutWebTransport(() => Net02.Connection.connect(url));
  return new MoqNetPeer("@moq/net 0.2.8 over WebSocket", session as never);
}

function urlOf({ port }: QuicServerAddress): URL {
  return new URL(`https://127.0.0.1:${port}/`);
}

async function transportTo(server: QuicServerAddress, protocol?: string) {
  const transport = asNegotiated(await connectQuicTransport(server, protocol));
  return { transport: asWebTransport(transport) };
}

class MoqNet01Peer implements Peer {
  readonly name = "@moq/net 0.1.9 over QUIC";
  readonly seesTrackEnd = false;
  readonly #session: Net01.Connection.Established;
  #known: NamespaceSet | undefined;

  constructor(session: Net01.Connection.Established) {
    this.#session = session;
  }

  publish(path: string): Promise<Publication> {
    const broadcast = new Net01.Broadcast();
    this.#session.publish(Net01.Path.from(path), broadcast);
    return Promise.resolve(new MoqNet01Publication(broadcast));
  }

  watch(path: string, name: string): Promise<Watch> {
    const broadcast = this.#session.consume(Net01.Path.from(path));
    return Promise.resolve(new MoqNet01Watch(broadcast.subscribe(name, PRIORITY)));
  }

  announced(path: string): Promise<void> {
    return this.#namespaces().until(path, true);
  }

  withdrawn(path: string): Promise<void> {
    return this.#namespaces().until(path, false);
  }

  close(): Promise<void> {
    this.#session.close();
    return Promise.resolve();
  }

  #namespaces(): NamespaceSet {
    if (this.#known !== undefined) return this.#known;
    this.#known = new NamespaceSet();
    const announced = this.#session.announced();
    void this.#known.follow(() => announced.next());
    return this.#known;
  }
}

/** A broadcast that learns of a track when somebody asks for it. */
class MoqNet01Publication implements Publication {
  readonly #broadcast: Net01.Broadcast;
  readonly #tracks = new Map<string, PromiseWithResolvers<Net01.Track>>();

  constructor(broadcast: Net01.Broadcast) {
    this.#broadcast = broadcast;
    this.#serve().catch(() => {});
  }

  async #serve(): Promise<void> {
    for (;;) {
      const request = await this.#broadcast.requested();
      if (request === undefined) return;
      this.#asked(request.track.name).resolve(request.track);
    }
  }

  #asked(track: string): PromiseWithResolvers<Net01.Track> {
    const known = this.#tracks.get(track) ?? Promise.withResolvers<Net01.Track>();
    this.#tracks.set(track, known);
    return known;
  }

  async startGroup(track: string): Promise<PublishedGroup> {
    const group = (await this.#asked(track).promise).appendGroup();
    return {
      id: group.sequence,
      write: (payload) => Promise.resolve(group.writeFrame(payload)),
      end: () => Promise.resolve(group.close()),
    };
  }

  async subscribed(track: string): Promise<void> {
    await this.#asked(track).promise;
  }

  async unsubscribed(track: string): Promise<void> {
    await (await this.#asked(track).promise).closed;
  }

  end(): Promise<void> {
    this.#broadcast.close();
    return Promise.resolve();
  }
}

class MoqNet01Watch implements Watch {
  readonly #track: Net01.Track;
  readonly #objects = new Queue<WatchedObject>();

  constructor(track: Net01.Track) {
    this.#track = track;
    this.#read().catch(() => {}).finally(() => this.#objects.end());
  }

  async #read(): Promise<void> {
    for (;;) {
      const group = await this.#track.recvGroup();
      if (group === undefined) return;
      for (;;) {
        const frame = await group.readFrameSequence();
        if (frame === undefined) break;
        const { sequence: object, data: payload } = frame;
        this.#objects.push({ group: group.sequence, object, payload });
      }
    }
  }

  next(): Promise<WatchedObject | undefined> {
    return this.#objects.next();
  }

  stop(): Promise<void> {
    this.#track.close();
    return Promise.resolve();
  }
}
