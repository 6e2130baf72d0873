import { type Clock, type Log, messageOf, type Timer } from "@qumo/shared/runtime";
import type { FullTrackName, GroupOrder, Location, PropertyBlock } from "@qumo/shared/wire";
import type {
  Archive,
  KeptEntry,
  KeptGroup,
  KeptTrack,
  Renderer,
  TrackRecorder,
} from "../track/mod.ts";
import type { DiskCounts } from "./counts.ts";
import type { SegmentFiles } from "./files.ts";
import { GroupReader } from "./group_reader.ts";
import { DISK_SWEEP_MS, SEGMENTS_OF_A_WINDOW } from "./limits.ts";
import { Recorder } from "./recorder.ts";
import { SegmentStore } from "./segment_store.ts";
import type { DiskSettings } from "./settings.ts";
import type { TrackWindow } from "./track_window.ts";
import { WriteQueue } from "./write_queue.ts";

/** What a {@linkcode DiskArchive} works with. */
export interface DiskArchiveParts {
  readonly files: SegmentFiles;
  readonly settings: DiskSettings;
  /** Whether tracks of this name are kept. */
  readonly isWanted: (name: FullTrackName) => boolean;
  readonly renderer: Renderer;
  readonly counts: DiskCounts;
  readonly clock: Clock;
  readonly log: Log;
}

/** Keeps groups on disk: what memory lets go of can be fetched from here, also after a restart. */
export class DiskArchive implements Archive {
  readonly renderer: Renderer;
  readonly #parts: DiskArchiveParts;
  readonly #store: SegmentStore;
  readonly #queue: WriteQueue;
  readonly #reader: GroupReader;
  #sweep: Timer | undefined;
  #closing: Promise<void> | undefined;

  /** Opens the folder with what an earlier run left there. Rejects when it cannot be read. */
  static async open(parts: DiskArchiveParts): Promise<DiskArchive> {
    const archive = new DiskArchive(parts);
    const { clock, log } = parts;
    const begun = clock.now();
    await archive.#store.recover();
    const { tracks, groups, bytes } = parts.counts.kept;
    const took = Math.round(clock.now() - begun);
    log.info("groups are kept on disk", { tracks, groups, bytes, took_ms: took });
    archive.#armSweep();
    return archive;
  }

  private constructor(parts: DiskArchiveParts) {
    const { renderer } = parts;
    const form = renderer.properties;
    this.renderer = renderer;
    this.#parts = parts;
    this.#store = new SegmentStore({ ...parts, form });
    this.#queue = new WriteQueue({ ...parts, form, store: this.#store });
    const forget = this.#store.forget.bind(this.#store);
    this.#reader = new GroupReader({ ...parts, form, forget });
  }

  /** Bytes of groups that wait to be written. */
  get waitingBytes(): number {
    return this.#queue.waitingBytes;
  }

  recorderOf(path: string, name: FullTrackName): TrackRecorder | undefined {
    if (this.#closing !== undefined || !this.#parts.isWanted(name)) return undefined;
    return new Recorder(path, name, {
      store: this.#store,
      queue: this.#queue,
      counts: this.#parts.counts,
    });
  }

  find(path: string, name: FullTrackName): KeptTrack | undefined {
    const window = this.#store.find(path, name);
    if (window === undefined || window.largest === undefined) return undefined;
    return new WindowView(window, this.#reader, this.renderer);
  }

  /** Resolves when everything that waits is written, or cannot be. */
  async settled(): Promise<void> {
    await this.#queue.settled();
  }

  /** Writes what waits, and ends the segments. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    this.#sweep?.cancel();
    await this.#queue.close();
    await this.#store.finish().catch((error) => {
      this.#parts.log.warn("cannot end a segment on disk", { error: messageOf(error) });
    });
    this.#parts.files.close();
  }

  #armSweep(): void {
    const { clock, settings: { maxAgeMs } } = this.#parts;
    const interval = Math.min(DISK_SWEEP_MS, Math.ceil(maxAgeMs / SEGMENTS_OF_A_WINDOW));
    this.#sweep = clock.after(interval, () => {
      this.#queue.sweep();
      if (this.#closing === undefined) this.#armSweep();
    });
  }
}

/** A window as the model sees it. */
class WindowView implements KeptTrack {
  readonly #window: TrackWindow;
  readonly #reader: GroupReader;
  readonly #renderer: Renderer;

  constructor(window: TrackWindow, reader: GroupReader, renderer: Renderer) {
    this.#window = window;
    this.#reader = reader;
    this.#renderer = renderer;
  }

  get properties(): PropertyBlock | undefined {
    const bytes = this.#window.segments.at(-1)?.header.properties;
    return bytes && { bytes, form: this.#renderer.properties };
  }

  get largest(): Location | undefined {
    return this.#window.largest;
  }

  nearest(group: bigint, order: GroupOrder): KeptEntry | undefined {
    return this.#window.nearest(group, order);
  }

  read(group: bigint): Promise<KeptGroup | undefined> {
    return this.#reader.read(this.#window, group);
  }

  readFirst(group: bigint): Promise<KeptGroup | undefined> {
    return this.#reader.readFirst(this.#window, group);
  }
}
