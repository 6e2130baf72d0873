import { systemClock } from "@qumo/shared/runtime";
import { Deadline } from "../deadline.ts";
import type { MeshViewer as GroundViewer } from "../mesh_ground.ts";
import type { MoqNetPeer, MoqNetWatch } from "../peers/moq_net_peer.ts";
import { PATIENCE_MS, until } from "../until.ts";
import { connectClient, type RelayAddress } from "./client.ts";
import { Reception, type Verdict } from "./reception.ts";
import { readPayload, type Schedule } from "./schedule.ts";
import { tapObjects } from "./wire_tap.ts";

/** A track that is published, and when which object of it is due. */
export interface LiveTrack {
  readonly path: string;
  readonly track: string;
  readonly schedule: Schedule;
}

/** One subscription, until it is closed. */
interface OpenWatch {
  readonly client: MoqNetPeer;
  readonly watch: MoqNetWatch;
  /** Whether its session lives. */
  isConnected: boolean;
  /** Why the relay does not give it the track; undefined while it does, and when the session ended. */
  refusal?: string | undefined;
}

// What the library says when it has waited for the answer to SUBSCRIBE for as long as it likes to.
const IMPATIENCE = /timed out after \d+ms waiting for SUBSCRIBE_OK/;

/** Watches one live track with `@moq/net` and keeps account of what came. It never reconnects by itself, but where the library lost patience. */
export class MeshViewer implements GroundViewer, AsyncDisposable {
  readonly path: string;
  readonly track: string;
  readonly reception: Reception;
  #at: RelayAddress | undefined;
  #open: OpenWatch | undefined;

  private constructor({ path, track, schedule }: LiveTrack) {
    this.path = path;
    this.track = track;
    this.reception = new Reception(schedule.groupObjects);
  }

  /** Connects to a relay, waits for the namespace to be announced there, and subscribes. */
  static async join(relay: RelayAddress, what: LiveTrack): Promise<MeshViewer> {
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
    return this.#open?.isConnected ?? false;
  }

  /** Whether its subscription was refused or has ended. It does not ask again by itself. */
  get isRefused(): boolean {
    return this.#open?.refusal !== undefined;
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
    const open: OpenWatch = this.#open = { client, watch, isConnected: true };
    const lost = () => void (open.isConnected = false);
    client.session.closed.then(lost, lost);
    void watch.failure().then((failure) => {
      if (open.isConnected) open.refusal = failure;
    });
    void this.#read(open);
  }

  /** Ends the subscription and the session. */
  leave(): void {
    void this.#open?.watch.stop();
    void this.#open?.client.close();
    this.#open = undefined;
  }

  async has(group: number): Promise<number> {
    const found = () => this.reception.firstWholeFrom(group);
    await until(`${this.name} to have group ${group} or a later one`, async () => {
      if (found() !== undefined) return true;
      const refusal = this.#open?.refusal;
      if (refusal === undefined) return false;
      if (!IMPATIENCE.test(refusal)) throw new Error(`${this.name} was refused: ${refusal}`);
      await this.moveTo(this.#at!);
      return false;
    });
    return found()!;
  }

  async verdict(last: number, first = 0): Promise<Verdict> {
    return this.reception.verdictBetween(first, await this.has(last));
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.leave();
    return Promise.resolve();
  }

  async #read(open: OpenWatch): Promise<void> {
    for (;;) {
      const next = await open.watch.next();
      if (next === undefined || open !== this.#open) return;
      const { group, object, payload } = next;
      const said = readPayload(payload);
      if (said?.group === group && said.object === object) {
        this.reception.add({ ...said, received: systemClock.now() });
      } else this.reception.fault(`group ${group}: object ${object} is not what was published`);
    }
  }
}
