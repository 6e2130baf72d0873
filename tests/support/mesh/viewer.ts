import { systemClock } from "@qumo/shared/runtime";
import { Deadline } from "../deadline.ts";
import type { MoqNetPeer, MoqNetWatch } from "../peers/moq_net_peer.ts";
import type { WatchedObject } from "../peers/peer.ts";
import { connectClient, type RelayAddress } from "./client.ts";
import { Reception, type Verdict } from "./reception.ts";
import { readPayload, type Schedule } from "./schedule.ts";
import { PATIENCE_MS, until } from "../until.ts";
import { tapObjects } from "./wire_tap.ts";

/** Watches one live track with `@moq/net` and keeps account of what came. It never reconnects by itself, but where the library lost patience. */
export class MeshViewer implements AsyncDisposable {
  readonly path: string;
  readonly track: string;
  readonly reception: Reception;
  #at: RelayAddress | undefined;
  #watch: OpenWatch | undefined;

  private constructor(
    { path, track, schedule }: { path: string; track: string; schedule: Schedule },
  ) {
    this.path = path;
    this.track = track;
    this.reception = new Reception(schedule.groupObjects);
  }

  /** Connects to a relay, waits for the namespace to be announced there, and subscribes. */
  static async join(
    relay: RelayAddress,
    what: { path: string; track: string; schedule: Schedule },
  ): Promise<MeshViewer> {
    const viewer = new MeshViewer(what);
    await viewer.moveTo(relay);
    return viewer;
  }

  get name(): string {
    return `the viewer of ${this.path} at ${this.relay}`;
  }

  /** Where it is connected. */
  get relay(): string {
    return this.#at?.name ?? "";
  }

  /** Whether its session lives, which says nothing about what comes. */
  get isConnected(): boolean {
    return this.#watch?.isConnected ?? false;
  }

  /** Whether its subscription was refused or has ended. It does not ask again by itself. */
  get isRefused(): boolean {
    return this.#watch?.refusal !== undefined;
  }

  /** Leaves where it is and subscribes at this relay. */
  async moveTo(relay: RelayAddress): Promise<void> {
    this.leave();
    this.#at = relay;
    const onWire = new Set<string>();
    const client = await connectClient(relay, (transport) =>
      tapObjects(transport, (object) => {
        if (onWire.has(object)) this.reception.fault(`${object} came twice on the wire`);
        onWire.add(object);
      }));
    try {
      using deadline = new Deadline(PATIENCE_MS);
      await deadline.for(`${this.path} to be announced`, client.announced(this.path));
    } catch (error) {
      await client.close();
      throw error;
    }
    this.reception.rejoin();
    const watch = await client.watch(this.path, this.track);
    this.#watch = new OpenWatch(client, watch, (object) => this.#take(object));
  }

  /** Ends the subscription and the session. */
  leave(): void {
    this.#watch?.close();
    this.#watch = undefined;
  }

  /** Resolves when this group, or a later one, is there to its last object; gives its number. */
  async has(group: number, milliseconds?: number): Promise<number> {
    const found = () => this.reception.firstWholeFrom(group);
    await until(`${this.name} to have group ${group} or a later one`, async () => {
      if (found() !== undefined) return true;
      const refusal = this.#watch?.refusal;
      if (refusal === undefined) return false;
      if (!IMPATIENCE.test(refusal)) throw new Error(`${this.name} was refused: ${refusal}`);
      await this.moveTo(this.#at!);
      return false;
    }, milliseconds);
    return found()!;
  }

  /**
   * What came up to this group, which is waited for: from `first` on, or from the first that came where
   * that is later or nothing is said.
   */
  async verdict(last: number, first = 0): Promise<Verdict> {
    return this.reception.verdictBetween(first, await this.has(last));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.leave();
    return Promise.resolve();
  }

  #take({ group, object, payload }: WatchedObject): void {
    const said = readPayload(payload);
    if (said === undefined || said.group !== group || said.object !== object) {
      return this.reception.fault(`group ${group}: object ${object} is not what was published`);
    }
    this.reception.add({ ...said, received: systemClock.now() });
  }
}

/** One subscription, until it is closed. */
class OpenWatch {
  readonly #client: MoqNetPeer;
  readonly #watch: MoqNetWatch;
  #isOpen = true;
  isConnected = true;
  /** Why the relay does not give it the track; undefined while it does, and when the session ended. */
  refusal: string | undefined;

  constructor(client: MoqNetPeer, watch: MoqNetWatch, take: (object: WatchedObject) => void) {
    this.#client = client;
    this.#watch = watch;
    const lost = () => void (this.isConnected = false);
    client.session.closed.then(lost, lost);
    void watch.failure().then((failure) => {
      if (this.isConnected) this.refusal = failure;
    });
    void this.#read(take);
  }

  close(): void {
    this.#isOpen = false;
    void this.#watch.stop();
    void this.#client.close();
  }

  async #read(take: (object: WatchedObject) => void): Promise<void> {
    for (;;) {
      const object = await this.#watch.next();
      if (object === undefined || !this.#isOpen) return;
      take(object);
    }
  }
}

// What the library says when it has waited for the answer to SUBSCRIBE for as long as it likes to.
const IMPATIENCE = /timed out after \d+ms waiting for SUBSCRIBE_OK/;
