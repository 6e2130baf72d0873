import { Broadcast, Group, Path, Time, type Track } from "@moq/net";
import { sleep, systemClock } from "@qumo/shared/runtime";
import { connectClient, type RelayAddress } from "./client.ts";
import { dueTime, makePayload, nextGroup, type Schedule } from "./schedule.ts";
import type { LiveTrack } from "./viewer.ts";

/** The track at one relay. */
interface Outlet {
  readonly track: Track.Producer;
  readonly close: () => void;
}

/**
 * Publishes one live track with `@moq/net`, at one relay or at several. Groups are numbered by time:
 * they go on wherever it connects next, and two publishers of one schedule publish the same.
 */
export class MeshPublisher implements LiveTrack, AsyncDisposable {
  readonly path: string;
  readonly track: string;
  readonly schedule: Schedule;
  readonly #outlets = new Map<string, Outlet>();
  readonly #stop = new AbortController();
  readonly #work: Promise<void>;
  #group = -1;

  constructor({ path, track, schedule }: LiveTrack) {
    this.path = path;
    this.track = track;
    this.schedule = schedule;
    this.#work = this.#run();
  }

  /** The group that is being published, or the last that was due. */
  get group(): number {
    return this.#group;
  }

  /** Relays that it is connected to. */
  get relays(): readonly string[] {
    return [...this.#outlets.keys()];
  }

  /** Publishes at this relay as well, from the next group on. */
  async connect(relay: RelayAddress): Promise<void> {
    const client = await connectClient(relay);
    const broadcast = new Broadcast.Producer();
    const track = broadcast.createTrack(this.track);
    client.session.publish(Path.from(this.path), broadcast);
    const close = () => {
      track.close();
      broadcast.close();
      void client.close();
    };
    const outlet = { track, close };
    this.#outlets.get(relay.name)?.close();
    this.#outlets.set(relay.name, outlet);
    const lost = () => {
      if (this.#outlets.get(relay.name) === outlet) this.#outlets.delete(relay.name);
    };
    client.session.closed.then(lost, lost);
  }

  /** Leaves a relay; the group that is being published is not whole there. */
  disconnect(relay: string): void {
    this.#outlets.get(relay)?.close();
    this.#outlets.delete(relay);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#work;
    for (const relay of this.relays) this.disconnect(relay);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (let group = nextGroup(this.schedule, systemClock.now());; group++) {
      await this.#until(group, 0);
      if (signal.aborted) return;
      this.#group = group;
      const producers = this.#startGroup(group);
      for (let object = 0; object < this.schedule.groupObjects && !signal.aborted; object++) {
        await this.#until(group, object);
        const payload = makePayload(this.schedule, { group, object, sent: systemClock.now() });
        const due = Math.round(dueTime(this.schedule, { group, object }));
        const timestamp = Time.Timestamp.fromMillis(due);
        // A relay may have gone in the middle of the group.
        for (const producer of producers.filter(({ closed }) => closed.peek() === undefined)) {
          producer.writeFrame({ payload, timestamp });
        }
      }
      for (const producer of producers) producer.close();
    }
  }

  #startGroup(group: number): Group.Producer[] {
    const live = [...this.#outlets.values()].filter(({ track }) =>
      track.closed.peek() === undefined
    );
    return live.map(({ track }) => {
      const producer = new Group.Producer(group);
      track.writeGroup(producer);
      return producer;
    });
  }

  #until(group: number, object: number): Promise<void> {
    const due = dueTime(this.schedule, { group, object });
    return sleep(systemClock, due - systemClock.now(), this.#stop.signal);
  }
}
