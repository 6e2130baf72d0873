import type { FullTrackName, PropertyBlock } from "@qumo/shared/wire";
import type { KeptGroup, TrackEnd, TrackRecorder } from "../track/mod.ts";
import type { DiskCounts } from "./counts.ts";
import type { SegmentStore } from "./segment_store.ts";
import type { TrackWindow } from "./track_window.ts";
import type { WriteQueue } from "./write_queue.ts";

/** What a {@linkcode Recorder} works with. */
export interface RecorderParts {
  readonly store: SegmentStore;
  readonly queue: WriteQueue;
  readonly counts: Pick<DiskCounts, "dropped">;
}

/** Records one track of the model, from its first object to its end. */
export class Recorder implements TrackRecorder {
  readonly #path: string;
  readonly #name: FullTrackName;
  readonly #parts: RecorderParts;
  #window: TrackWindow | undefined;
  #epoch = 0;

  constructor(path: string, name: FullTrackName, parts: RecorderParts) {
    this.#path = path;
    this.#name = name;
    this.#parts = parts;
  }

  begin(first: bigint, source: string | undefined): void {
    const { store, queue } = this.#parts;
    const window = store.windowFor(this.#path, this.#name);
    if (window === undefined) return;
    const { epoch } = window;
    window.begin(first, source);
    window.recorders++;
    this.#window = window;
    this.#epoch = window.epoch;
    if (window.epoch !== epoch) queue.replaced(window);
  }

  has(group: bigint): boolean {
    const window = this.#current;
    if (window === undefined) return false;
    return window.waiting.has(group) || window.find(group)?.entry.isWhole === true;
  }

  keep(group: KeptGroup, properties: PropertyBlock | undefined, maxCacheDuration?: number): void {
    const window = this.#current;
    if (window === undefined) return void this.#parts.counts.dropped.too_many_tracks++;
    this.#parts.queue.add(window, { group, properties, maxCacheDuration });
  }

  ended({ kind }: TrackEnd): void {
    const window = this.#current;
    if (this.#window !== undefined) {
      this.#window.recorders--;
      this.#parts.store.review(this.#window);
    }
    this.#window = undefined;
    if (kind === "replaced" || kind === "malformed") window?.replaced();
  }

  /** The window, unless another track took it over. */
  get #current(): TrackWindow | undefined {
    return this.#window?.epoch === this.#epoch ? this.#window : undefined;
  }
}
