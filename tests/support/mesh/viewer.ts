import type { MeshViewer as GroundViewer } from "../mesh_ground.ts";
import { Viewer } from "../mesh_world/viewer.ts";
import { until } from "../until.ts";
import { ClientPlace, type RelayAddress } from "./client.ts";
import type { MeshPublisher } from "./publisher.ts";
import { Reception, type Verdict } from "./reception.ts";

/** Watches a live track in a session with a relay, and may move to another. It never reconnects by itself. */
export class MeshViewer implements GroundViewer, AsyncDisposable {
  readonly path: string;
  readonly reception: Reception;
  readonly #live: MeshPublisher;
  readonly #places: ClientPlace[] = [];
  readonly #leaving: Promise<void>[] = [];
  #viewer: Viewer<ClientPlace> | undefined;

  private constructor(live: MeshPublisher) {
    this.path = live.path;
    this.#live = live;
    this.reception = new Reception(live.objectsPerGroup);
  }

  /** Connects to a relay, and asks for the track until it is there. */
  static async join(relay: RelayAddress, live: MeshPublisher): Promise<MeshViewer> {
    const viewer = new MeshViewer(live);
    await viewer.moveTo(relay);
    return viewer;
  }

  get name(): string {
    return `the viewer of ${this.path} at ${this.relay}`;
  }

  /** Where it is, or was last. */
  get relay(): string {
    return this.#places.at(-1)?.name ?? "";
  }

  /** Whether its session lives, which says nothing about what comes. */
  get isConnected(): boolean {
    return this.#viewer?.relay.isLost === false;
  }

  /** Whether it has not got the track, or its subscription has ended. It does not ask again by itself. */
  get isRefused(): boolean {
    const watched = this.#viewer?.watched.at(-1);
    return watched === undefined || watched.end !== undefined;
  }

  /** What was wrong: with what came, and with what the model dropped of it. */
  get faults(): string[] {
    const twice = this.#places.filter(({ duplicates }) => duplicates > 0);
    return [
      ...this.reception.faults,
      ...twice.map(({ name, duplicates }) => `${duplicates} objects came twice from ${name}`),
    ];
  }

  /** Leaves where it is and subscribes at this relay. */
  async moveTo(relay: RelayAddress): Promise<void> {
    this.leave();
    const place = await ClientPlace.at(relay);
    place.receive();
    this.#places.push(place);
    const what = { relay: place, camera: this.#live };
    this.#viewer = new Viewer({ until }, what, { waits: true, reception: this.reception });
  }

  /** Ends the subscription and the session. */
  leave(): void {
    if (this.#viewer !== undefined) this.#leaving.push(leave(this.#viewer));
    this.#viewer = undefined;
  }

  has(group: number): Promise<number> {
    return this.#viewer!.has(group);
  }

  verdict(last: number, first = 0): Promise<Verdict> {
    return this.#viewer!.verdict(last, first);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.leave();
    await Promise.all(this.#leaving);
  }
}

async function leave(viewer: Viewer<ClientPlace>): Promise<void> {
  await viewer.leave();
  await viewer.relay.leave();
}
