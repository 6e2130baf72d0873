import { Broadcast, type Connection, type Group, Path, Time, type Track } from "@moq/net";
import { NamespaceSet } from "./namespace_set.ts";
import type { Peer, Publication, Watch, WatchedObject } from "./peer.ts";
import { Queue } from "./queue.ts";

/** `@moq/net` on an established session, as a {@linkcode Peer}. It runs in Deno and in a browser. */
export class MoqNetPeer implements Peer {
  readonly session: Connection.Established;
  readonly #namespaces = new NamespaceSet(() => this.session.announced());

  constructor(session: Connection.Established) {
    this.session = session;
  }

  publish(path: string, tracks: readonly string[]): Promise<Publication> {
    const broadcast = new Broadcast.Producer();
    const producers = new Map(tracks.map((name) => [name, broadcast.createTrack(name)]));
    this.session.publish(Path.from(path), broadcast);
    return Promise.resolve({
      startGroup(track) {
        const group = producers.get(track)!.appendGroup();
        return Promise.resolve({
          id: group.sequence,
          write: (payload) =>
            Promise.resolve(group.writeFrame({ payload, timestamp: Time.Timestamp.now() })),
          end: () => Promise.resolve(group.close()),
        });
      },
      async subscribed(track) {
        const { used } = producers.get(track)!;
        while (!used.peek()) await used.changed();
      },
      unsubscribed: (track) => producers.get(track)!.unused(),
      end() {
        for (const track of producers.values()) track.close();
        return Promise.resolve(broadcast.close());
      },
    });
  }

  watch(path: string, track: string): Promise<MoqNetWatch> {
    const broadcast = this.session.consume(Path.from(path));
    return Promise.resolve(new MoqNetWatch(broadcast, broadcast.track(track).subscribe()));
  }

  announced(path: string): Promise<void> {
    return this.#namespaces.until(path, true);
  }

  withdrawn(path: string): Promise<void> {
    return this.#namespaces.until(path, false);
  }

  close(): Promise<void> {
    this.session.close();
    return Promise.resolve();
  }
}

/** A track as the library receives it. */
export class MoqNetWatch extends Queue<WatchedObject> implements Watch {
  readonly #broadcast: Broadcast.Consumer;
  readonly #track: Track.Subscriber;
  /** Called with each group that is complete. */
  onGroupEnd: (group: number) => void = () => {};

  constructor(broadcast: Broadcast.Consumer, track: Track.Subscriber) {
    super();
    this.#broadcast = broadcast;
    this.#track = track;
    this.#readGroups().finally(() => this.end());
  }

  async #readGroups(): Promise<void> {
    const groups: Promise<void>[] = [];
    for (;;) {
      const group = await this.#track.recvGroup().catch(() => undefined);
      if (group === undefined) break;
      // A group that breaks off has delivered what it had.
      groups.push(this.#readGroup(group).catch(() => {}));
    }
    await Promise.all(groups);
  }

  async #readGroup(group: Group.Consumer): Promise<void> {
    for (;;) {
      const frame = await group.readFrameSequence();
      if (frame === undefined) return this.onGroupEnd(group.sequence);
      const { sequence: object, payload } = frame;
      this.push({ group: group.sequence, object, payload });
    }
  }

  /** Resolves when nothing more will come: to why, where it was refused or broken off. */
  async failure(): Promise<string | undefined> {
    const end = await this.#track.closed;
    return end instanceof Error ? end.message : undefined;
  }

  stop(): Promise<void> {
    this.#track.close();
    this.#broadcast.close();
    return Promise.resolve();
  }
}
