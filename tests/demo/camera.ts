import { sleep, systemClock } from "@qumo/shared/runtime";
import type { Publication, PublishedGroup } from "../support/peers/peer.ts";
import { GROUP_OBJECTS, makePicture, RATE } from "./video.ts";

/** Publishes the video, an object at a time, when each is due. */
export class Camera {
  readonly #publication: Publication;
  readonly #track: string;
  #published = 0;

  constructor(publication: Publication, track: string) {
    this.#publication = publication;
    this.#track = track;
  }

  /** Objects that were published so far. */
  get published(): number {
    return this.#published;
  }

  /** Publishes until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const start = systemClock.now();
    let group: PublishedGroup | undefined;
    while (!signal.aborted) {
      const number = this.#published;
      if (number % GROUP_OBJECTS === 0) {
        await group?.end();
        group = await this.#publication.startGroup(this.#track);
      }
      await group!.write(makePicture({ number, stamp: systemClock.now() }));
      this.#published++;
      const due = start + this.#published * 1000 / RATE;
      await sleep(systemClock, due - systemClock.now(), signal);
    }
    await group?.end();
  }
}
