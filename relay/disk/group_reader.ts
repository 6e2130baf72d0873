import { type Clock, type Log, messageOf } from "@qumo/shared/runtime";
import type { PropertyForm } from "@qumo/shared/wire";
import type { KeptGroup } from "../track/mod.ts";
import type { DiskCounts } from "./counts.ts";
import type { SegmentFiles } from "./files.ts";
import { MAX_DISK_READERS, MAX_DISK_READS } from "./limits.ts";
import { readFirstObject, readRecord, sizeOfFirst } from "./record.ts";
import type { Place, TrackWindow } from "./track_window.ts";

/** What a {@linkcode GroupReader} works with. */
export interface GroupReaderParts {
  readonly files: SegmentFiles;
  readonly form: PropertyForm;
  readonly counts: Pick<DiskCounts, "reads">;
  /** Forgets a group that is damaged. */
  readonly forget: (place: Place) => void;
  readonly clock: Clock;
  readonly log: Log;
}

/** Bytes in which a first object mostly begins, and a small one is. */
const USUAL_FIRST_BYTES = 4_096;

/** Reads groups, a few at once. */
export class GroupReader {
  readonly #parts: GroupReaderParts;
  readonly #waiting: (() => void)[] = [];
  #reading = 0;
  #hasLogged = false;

  constructor(parts: GroupReaderParts) {
    this.#parts = parts;
  }

  /** Reads a group; undefined when it cannot be had. Never rejects. */
  read(window: TrackWindow, group: bigint): Promise<KeptGroup | undefined> {
    return this.#take(window, group, (place) => this.#readAt(place));
  }

  /** Reads a group's first object, unchecked; undefined when it cannot be had. Never rejects. */
  readFirst(window: TrackWindow, group: bigint): Promise<KeptGroup | undefined> {
    return this.#take(window, group, (place) => this.#readFirstAt(place));
  }

  async #take(
    window: TrackWindow,
    group: bigint,
    read: (place: Place) => Promise<KeptGroup | undefined>,
  ): Promise<KeptGroup | undefined> {
    const { counts: { reads } } = this.#parts;
    if (this.#reading + this.#waiting.length >= MAX_DISK_READS) {
      reads.busy++;
      return undefined;
    }
    await this.#enter();
    try {
      const place = window.find(group);
      return place && await read(place);
    } catch (error) {
      // A segment may be deleted meanwhile.
      if (window.find(group) !== undefined) this.#failed("failed", group, messageOf(error));
      return undefined;
    } finally {
      this.#leave();
    }
  }

  async #readAt({ segment, entry }: Place): Promise<KeptGroup | undefined> {
    const { files, form, counts: { reads }, clock, forget } = this.#parts;
    const file = await files.open(segment.file);
    let bytes: Uint8Array;
    try {
      bytes = await file.read(entry.offset, entry.length);
    } finally {
      file.close();
    }
    const read = readRecord(bytes, entry.group, form);
    if (read === undefined) {
      forget({ segment, entry });
      this.#failed("damaged", entry.group, `in ${segment.file}`);
      return undefined;
    }
    const { maxCacheDuration = Infinity } = segment.header;
    if (clock.wall() - read.time > maxCacheDuration) {
      reads.expired++;
      return undefined;
    }
    reads.ok++;
    return read.group;
  }

  async #readFirstAt({ segment, entry }: Place): Promise<KeptGroup | undefined> {
    const { files, form } = this.#parts;
    const file = await files.open(segment.file);
    try {
      const start = await file.read(entry.offset, Math.min(entry.length, USUAL_FIRST_BYTES));
      const size = sizeOfFirst(start);
      const isThere = size === undefined || size <= start.length;
      const bytes = isThere ? start : await file.read(entry.offset, Math.min(entry.length, size));
      return readFirstObject(bytes, entry.group, form);
    } finally {
      file.close();
    }
  }

  #failed(outcome: "failed" | "damaged", group: bigint, reason: string): void {
    this.#parts.counts.reads[outcome]++;
    if (this.#hasLogged) return;
    this.#hasLogged = true;
    this.#parts.log.warn("cannot read a group on disk; further ones are only counted", {
      group: `${group}`,
      outcome,
      reason,
    });
  }

  async #enter(): Promise<void> {
    if (this.#reading < MAX_DISK_READERS) return void this.#reading++;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#reading--;
    else next();
  }
}
