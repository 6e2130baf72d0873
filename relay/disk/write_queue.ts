import { type Clock, type Log, messageOf, type Timer } from "@qumo/shared/runtime";
import type { PropertyBlock, PropertyForm } from "@qumo/shared/wire";
import { DecodeError, EncodeError } from "@qumo/shared/wire";
import type { KeptGroup } from "../track/mod.ts";
import type { DiskCounts } from "./counts.ts";
import {
  DISK_PAUSE_MS,
  DISK_WRITE_DELAY_MS,
  MAX_DISK_QUEUE_BYTES,
  MAX_GROUP_BYTES,
  MAX_WRITE_BYTES,
} from "./limits.ts";
import { encodeRecord, sizeOfRecord } from "./record.ts";
import type { NewRecord, SegmentStore } from "./segment_store.ts";
import type { DiskSettings } from "./settings.ts";
import type { TrackWindow } from "./track_window.ts";

/** A group that is to be written. */
export interface NewGroup {
  readonly group: KeptGroup;
  /** The track's properties. */
  readonly properties: PropertyBlock | undefined;
  readonly maxCacheDuration: number | undefined;
}

/** A group that waits. */
interface Waiting extends NewGroup {
  readonly window: TrackWindow;
  readonly epoch: number;
  readonly size: number;
  readonly time: number;
}

/** What a {@linkcode WriteQueue} works with. */
export interface WriteQueueParts {
  readonly store: SegmentStore;
  readonly settings: Pick<DiskSettings, "maxTrackBytes">;
  readonly form: PropertyForm;
  readonly counts: Pick<DiskCounts, "written" | "writesFailed" | "dropped">;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Groups that wait to be written, and the only one who writes. Adding costs a few numbers: encoding and
 * writing come later, many groups at once.
 */
export class WriteQueue {
  readonly #parts: WriteQueueParts;
  readonly #maxGroupBytes: number;
  readonly #replaced = new Set<TrackWindow>();
  readonly #logged = new Set<string>();
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #timer: Timer | undefined;
  #working: Promise<void> | undefined;
  // When it is tried again after a failure, in the clock's milliseconds.
  #pausedUntil = -Infinity;
  #hasFailed = false;
  #isClosed = false;

  constructor(parts: WriteQueueParts) {
    this.#parts = parts;
    // More than one group of each kind should have room in a track's window.
    this.#maxGroupBytes = Math.min(MAX_GROUP_BYTES, parts.settings.maxTrackBytes / 2);
  }

  /** Bytes of groups that wait. */
  get waitingBytes(): number {
    return this.#waitingBytes;
  }

  /** Takes a group of a track, unless there is no room; never waits. */
  add(window: TrackWindow, added: NewGroup): void {
    const { clock } = this.#parts;
    const size = sizeOfRecord(added.group);
    const reason = this.#reasonAgainst(size);
    if (reason !== undefined) return this.#drop(reason, window);
    const time = clock.wall();
    this.#waiting.push({ ...added, window, epoch: window.epoch, size, time });
    this.#waitingBytes += size;
    window.wait(added.group.id);
    this.#arm();
  }

  /** Deletes what was recorded of a track that another one replaced. */
  replaced(window: TrackWindow): void {
    this.#replaced.add(window);
    this.#arm();
  }

  /** Deletes what is beyond the limits. */
  sweep(): void {
    void this.#work();
  }

  /** Resolves when everything that waits was tried. */
  async settled(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    while (this.#working !== undefined || this.#hasWork) await this.#work();
  }

  /** Writes what waits; nothing is taken any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.settled();
  }

  get #hasWork(): boolean {
    return this.#waiting.length > 0 || this.#replaced.size > 0;
  }

  #reasonAgainst(size: number): keyof DiskCounts["dropped"] | undefined {
    if (this.#isClosed || this.#parts.clock.now() < this.#pausedUntil) return "failed";
    if (size > this.#maxGroupBytes) return "too_large";
    return this.#waitingBytes + size > MAX_DISK_QUEUE_BYTES ? "queue_full" : undefined;
  }

  #drop(reason: keyof DiskCounts["dropped"], { path }: TrackWindow): void {
    const { counts, log } = this.#parts;
    counts.dropped[reason]++;
    // Said already, by the line of the failure.
    if (reason === "failed" || this.#logged.has(reason)) return;
    this.#logged.add(reason);
    log.warn("a group is not kept on disk; further ones are only counted", { reason, path });
  }

  #arm(): void {
    this.#timer ??= this.#parts.clock.after(DISK_WRITE_DELAY_MS, () => {
      this.#timer = undefined;
      void this.#work();
    });
  }

  #work(): Promise<void> {
    this.#working ??= this.#drain().finally(() => this.#working = undefined);
    return this.#working;
  }

  async #drain(): Promise<void> {
    const { store } = this.#parts;
    const replaced = [...this.#replaced];
    this.#replaced.clear();
    try {
      for (const window of replaced) await store.removeReplaced(window);
      while (this.#waiting.length > 0) await this.#writeOne();
      await store.enforce();
    } catch (error) {
      this.#failed(error);
    }
  }

  /** Writes what waits of the track whose turn it is. */
  async #writeOne(): Promise<void> {
    const { store, form, counts: { written, dropped } } = this.#parts;
    const [{ window }] = this.#waiting as [Waiting];
    const taken = this.#take(window);
    try {
      const current = taken.filter(({ epoch }) => epoch === window.epoch);
      const [first] = current;
      if (first === undefined) return;
      const records = current.map((one): NewRecord => ({
        ...encodeRecord(one.group, form, one.time),
        group: one.group.id,
        time: one.time,
      }));
      await store.append(window, records, {
        properties: blockIn(form, first.properties),
        maxCacheDuration: first.maxCacheDuration,
      });
      this.#succeeded();
      written.groups += records.length;
      for (const { bytes } of records) written.bytes += bytes.length;
    } catch (error) {
      dropped.failed += taken.length;
      throw error;
    } finally {
      for (const { size, group, epoch } of taken) {
        this.#waitingBytes -= size;
        if (epoch === window.epoch) window.waiting.delete(group.id);
      }
    }
  }

  /** Takes groups of one track from the queue, as many as are written at once. */
  #take(window: TrackWindow): Waiting[] {
    const taken: Waiting[] = [];
    const left: Waiting[] = [];
    let bytes = 0;
    for (const one of this.#waiting) {
      const fits = one.window === window && (bytes === 0 || bytes + one.size <= MAX_WRITE_BYTES);
      (fits ? taken : left).push(one);
      if (fits) bytes += one.size;
      else if (one.window === window) bytes = Infinity;
    }
    this.#waiting = left;
    return taken;
  }

  #failed(error: unknown): void {
    const { counts, clock, log } = this.#parts;
    counts.writesFailed++;
    counts.dropped.failed += this.#waiting.length;
    for (const { window, group } of this.#waiting) window.waiting.delete(group.id);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#pausedUntil = clock.now() + DISK_PAUSE_MS;
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    log.error("cannot write to disk: groups are not kept until it works again", {
      error: messageOf(error),
      retry_ms: DISK_PAUSE_MS,
    });
  }

  #succeeded(): void {
    if (!this.#hasFailed) return;
    this.#hasFailed = false;
    this.#parts.log.info("groups are kept on disk again");
  }
}

/** A track's properties in an encoding; undefined where that has no words for them. */
function blockIn(form: PropertyForm, block: PropertyBlock | undefined): Uint8Array | undefined {
  try {
    return block && form.of(block);
  } catch (error) {
    if (error instanceof EncodeError || error instanceof DecodeError) return undefined;
    throw error;
  }
}
