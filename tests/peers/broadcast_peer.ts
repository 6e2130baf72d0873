import type * as Net01 from "@moq/net-0.1";
import { NamespaceSet } from "../support/peers/namespace_set.ts";
import type {
  Peer,
  Publication,
  PublishedGroup,
  Watch,
  WatchedObject,
} from "../support/peers/peer.ts";
import { Queue } from "../support/peers/queue.ts";

/** What is used of the libraries: the same in all of them. */
export type Library = Pick<typeof Net01, "Broadcast" | "Path">;

/** How urgent its subscriptions are: what takes two bytes as the libraries write it. */
const PRIORITY = 155;

/**
 * `@moq/net` 0.1, or what it was before that, on an established session, as a {@linkcode Peer}. It runs
 * in Deno and in a browser.
 */
export class BroadcastPeer implements Peer {
  readonly #session: Net01.Connection.Established;
  readonly #library: Library;
  readonly #namespaces = new NamespaceSet(() => this.#session.announced());

  constructor(session: Net01.Connection.Established, library: Library) {
    this.#session = session;
    this.#library = library;
  }

  publish(path: string): Promise<Publication> {
    const broadcast = new this.#library.Broadcast();
    this.#session.publish(this.#library.Path.from(path), broadcast);
    return Promise.resolve(new BroadcastPublication(broadcast));
  }

  watch(path: string, name: string): Promise<Watch> {
    const broadcast = this.#session.consume(this.#library.Path.from(path));
    return Promise.resolve(new BroadcastWatch(broadcast.subscribe(name, PRIORITY)));
  }

  announced(path: string): Promise<void> {
    return this.#namespaces.until(path, true);
  }

  withdrawn(path: string): Promise<void> {
    return this.#namespaces.until(path, false);
  }

  close(): Promise<void> {
    this.#session.close();
    return Promise.resolve();
  }
}

/** A broadcast that learns of a track when somebody asks for it. */
class BroadcastPublication implements Publication {
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
    return this.#tracks.getOrInsertComputed(track, () => Promise.withResolvers());
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

class BroadcastWatch extends Queue<WatchedObject> implements Watch {
  readonly #track: Net01.Track;

  constructor(track: Net01.Track) {
    super();
    this.#track = track;
    this.#read().catch(() => {}).finally(() => this.end());
  }

  async #read(): Promise<void> {
    for (;;) {
      const group = await this.#track.recvGroup();
      if (group === undefined) return;
      for (;;) {
        const frame = await group.readFrameSequence();
        if (frame === undefined) break;
        const { sequence: object, data: payload } = frame;
        this.push({ group: group.sequence, object, payload });
      }
    }
  }

  stop(): Promise<void> {
    this.#track.close();
    return Promise.resolve();
  }
}
