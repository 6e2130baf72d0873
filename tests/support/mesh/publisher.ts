import { systemClock } from "@qumo/shared/runtime";
import { Camera, type CameraOptions } from "../mesh_world/camera.ts";
import { nameOf } from "../worlds/track_model.ts";
import { ClientPlace, type RelayAddress } from "./client.ts";

/** The name of every lab's track: what differs is the namespace. */
export const TRACK = "video";

/** Half-second groups of ten objects. */
const LIVE: CameraOptions = { objectMs: 50, objectsPerGroup: 10 };

/** A camera in sessions with relays: with one, or with several. */
export class MeshPublisher extends Camera<ClientPlace> implements AsyncDisposable {
  readonly path: string;
  readonly #leaving: Promise<void>[] = [];

  constructor(path: string, options = LIVE) {
    super(systemClock, nameOf(...path.split("/"), TRACK), options);
    this.path = path;
  }

  /** Relays that it is connected to. */
  get relays(): readonly string[] {
    return this.places.map(({ name }) => name);
  }

  /** Publishes at this relay as well, from the next object on. */
  async connect(relay: RelayAddress): Promise<void> {
    const place = await ClientPlace.at(relay);
    this.disconnect(relay.name);
    this.comeTo(place);
    void place.over.then(() => this.leave(place));
  }

  /** Leaves a relay; the group that is being published is not whole there. */
  disconnect(relay: string): void {
    for (const place of this.places.filter(({ name }) => name === relay)) {
      this.leave(place);
      this.#leaving.push(place.leave());
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const relay of this.relays) this.disconnect(relay);
    await Promise.all(this.#leaving);
  }
}
