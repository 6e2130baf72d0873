import { type Clock, joinBytes, type Log, messageOf } from "@qumo/shared/runtime";
import { type FullTrackName, type PropertyForm, trackKey } from "@qumo/shared/wire";
import type { DiskCounts } from "./counts.ts";
import type { SegmentFiles } from "./files.ts";
import {
  MAX_DISK_GROUPS,
  MAX_DISK_SEGMENTS,
  MAX_DISK_TRACKS,
  MAX_SEGMENT_BYTES,
  MIN_SEGMENT_BYTES,
  SEGMENTS_OF_A_WINDOW,
} from "./limits.ts";
import type { EncodedGroup } from "./record.ts";
import { recoverSegment } from "./recovery.ts";
import { Segment } from "./segment.ts";
import { encodeFooter } from "./segment_footer.ts";
import { encodeHeader, type SegmentHeader } from "./segment_header.ts";
import type { DiskSettings } from "./settings.ts";
import { type Place, TrackWindow } from "./track_window.ts";

/** What a {@linkcode SegmentStore} works with. */
export interface StoreParts {
  readonly files: SegmentFiles;
  readonly settings: DiskSettings;
  /** The encoding of properties. */
  readonly form: PropertyForm;
  readonly counts: Pick<DiskCounts, "kept" | "deleted">;
  readonly clock: Clock;
  readonly log: Log;
}

/** A group to be written, encoded. */
export interface NewRecord extends EncodedGroup {
  readonly group: bigint;
  readonly time: number;
}

/** What a track says of itself, for its next segment. */
export type TrackFacts = Pick<SegmentHeader, "properties" | "maxCacheDuration">;

const FILE = /^(\d{12})\.segment$/;

/** The segments of all tracks, within the limits. Only one call that writes may be under way. */
export class SegmentStore {
  readonly #parts: StoreParts;
  readonly #windows = new Map<string, TrackWindow>();
  readonly #segmentBytes: number;
  readonly #kept: DiskCounts["kept"];
  #lastNumber = 0;

  constructor(parts: StoreParts) {
    this.#parts = parts;
    this.#kept = parts.counts.kept;
    const share = Math.floor(parts.settings.maxTrackBytes / SEGMENTS_OF_A_WINDOW);
    this.#segmentBytes = Math.min(MAX_SEGMENT_BYTES, Math.max(MIN_SEGMENT_BYTES, share));
  }

  /** Reads what is in the folder. Rejects when it cannot be listed. */
  async recover(): Promise<void> {
    const { files, log, form } = this.#parts;
    const names = (await files.list()).filter((name) => FILE.test(name)).toSorted();
    for (const name of names) {
      this.#lastNumber = Number(FILE.exec(name)![1]);
      try {
        const segment = await recoverSegment(files, name);
        const isUsed = segment !== undefined && segment.header.form === form.name &&
          this.#recovered(segment);
        if (!isUsed) await files.remove(name);
      } catch (error) {
        log.warn("a segment on disk is left out", { file: name, error: messageOf(error) });
      }
    }
    for (const window of this.#windows.values()) await this.removeReplaced(window);
    await this.enforce();
  }

  #recovered(segment: Segment): boolean {
    const { path, name } = segment.header;
    const window = this.windowFor(path, name);
    if (window === undefined || !window.recover(segment)) return false;
    this.#count(segment, 1);
    return true;
  }

  find(path: string, name: FullTrackName): TrackWindow | undefined {
    return this.#windows.get(keyOf(path, name));
  }

  /** The window of a track, made if there is none; undefined when there are too many. */
  windowFor(path: string, name: FullTrackName): TrackWindow | undefined {
    const key = keyOf(path, name);
    const known = this.#windows.get(key);
    if (known !== undefined || this.#windows.size >= MAX_DISK_TRACKS) return known;
    const window = new TrackWindow(path, name);
    this.#windows.set(key, window);
    this.#kept.tracks = this.#windows.size;
    return window;
  }

  /** Forgets a window in which nothing is, and that nobody records into. */
  review(window: TrackWindow): void {
    const isUsed = window.segments.length + window.recorders + window.waiting.size > 0;
    if (isUsed) return;
    this.#windows.delete(keyOf(window.path, window.name));
    this.#kept.tracks = this.#windows.size;
  }

  /**
   * Writes groups of a track; rejects when that fails. Nothing of a write that failed is served, now or
   * after a restart.
   */
  async append(
    window: TrackWindow,
    records: readonly NewRecord[],
    facts: TrackFacts,
  ): Promise<void> {
    const segment = await this.#segmentFor(window, facts);
    const header = segment.size === 0 ? encodeHeader(segment.header) : NOTHING;
    try {
      await this.#write(segment, [header, ...records.map(({ bytes }) => bytes)]);
    } catch (error) {
      if (segment.size === 0) await this.#abandon(window, segment);
      throw error;
    }
    let offset = segment.size + header.length;
    const before = segment.index.count;
    for (const { group, bytes, lastId, isWhole, time } of records) {
      segment.index.add({ group, offset, length: bytes.length, lastId, isWhole });
      segment.lastTime = time;
      offset += bytes.length;
    }
    this.#kept.groups += segment.index.count - before;
    this.#kept.bytes += offset - segment.size;
    segment.size = offset;
  }

  /** Forgets a group that turned out to be damaged. */
  forget({ segment, entry }: Place): void {
    if (segment.index.remove(entry.group)) this.#kept.groups--;
  }

  /** Deletes what is beyond a limit. */
  async enforce(): Promise<void> {
    const { settings, clock } = this.#parts;
    const { maxAgeMs, maxBytes, maxTrackBytes, maxSegments = MAX_DISK_SEGMENTS } = settings;
    const oldest = clock.wall() - maxAgeMs;
    for (const window of [...this.#windows.values()]) {
      while ((window.segments[0]?.lastTime ?? Infinity) < oldest) {
        await this.#removeOldest(window, "age");
      }
      while (window.bytes > maxTrackBytes) await this.#removeOldest(window, "track_bytes");
    }
    while (this.#kept.bytes > maxBytes) await this.#removeOldest(this.#oldestWindow, "bytes");
    while (this.#kept.groups > MAX_DISK_GROUPS || this.#kept.segments > maxSegments) {
      await this.#removeOldest(this.#oldestWindow, "count");
    }
  }

  /** Deletes segments of tracks that were replaced. */
  async removeReplaced(window: TrackWindow): Promise<void> {
    for (const segment of window.takeReplaced()) await this.#remove(segment, "replaced");
  }

  /** Ends all segments, so that the next start need not search them. */
  async finish(): Promise<void> {
    for (const { current } of this.#windows.values()) {
      if (current !== undefined) await this.#finish(current);
    }
  }

  /** The segment for a track's next groups. */
  async #segmentFor(window: TrackWindow, facts: TrackFacts): Promise<Segment> {
    const { settings, clock, form } = this.#parts;
    const { current } = window;
    const now = clock.wall();
    if (current !== undefined) {
      const { header, size } = current;
      const fits = size < this.#segmentBytes && header.epoch === window.epoch &&
        now - header.since < settings.maxAgeMs / SEGMENTS_OF_A_WINDOW && isSame(header, facts);
      if (fits) return current;
      await this.#finish(current);
    }
    const { path, name, epoch, sources } = window;
    const header = { path, name, epoch, sources, since: now, form: form.name, ...facts };
    const file = `${String(++this.#lastNumber).padStart(12, "0")}.segment`;
    const segment = new Segment(file, header);
    window.add(segment);
    this.#kept.segments++;
    return segment;
  }

  /** Takes back a segment whose first write failed. */
  async #abandon(window: TrackWindow, segment: Segment): Promise<void> {
    window.drop(segment);
    this.#kept.segments--;
    await this.#parts.files.remove(segment.file).catch(() => {});
  }

  async #finish(segment: Segment): Promise<void> {
    segment.isFinished = true;
    if (segment.index.count === 0) return;
    const footer = encodeFooter(segment.index, segment.lastTime);
    await this.#write(segment, [footer]);
    segment.size += footer.length;
    this.#kept.bytes += footer.length;
  }

  async #write(segment: Segment, parts: readonly Uint8Array[]): Promise<void> {
    const { files } = this.#parts;
    try {
      await files.append(segment.file, joinBytes(parts));
    } catch (error) {
      segment.isFinished = true;
      // What was written of it is cut now, or at the next start.
      await files.truncate(segment.file, segment.size).catch(() => {});
      throw error;
    }
  }

  /** The window whose oldest segment is the oldest of all. */
  get #oldestWindow(): TrackWindow {
    let oldest: TrackWindow | undefined;
    for (const window of this.#windows.values()) {
      const time = window.segments[0]?.lastTime;
      if (time !== undefined && time < (oldest?.segments[0]?.lastTime ?? Infinity)) oldest = window;
    }
    return oldest!;
  }

  async #removeOldest(window: TrackWindow, reason: keyof DiskCounts["deleted"]): Promise<void> {
    const segment = window.takeOldest();
    if (segment !== undefined) await this.#remove(segment, reason);
    this.review(window);
  }

  async #remove(segment: Segment, reason: keyof DiskCounts["deleted"]): Promise<void> {
    const { files, counts, log } = this.#parts;
    this.#count(segment, -1);
    segment.isFinished = true;
    counts.deleted[reason]++;
    try {
      await files.remove(segment.file);
    } catch (error) {
      log.warn("cannot delete a segment", { file: segment.file, error: messageOf(error) });
    }
  }

  #count({ size, index }: Segment, sign: 1 | -1): void {
    this.#kept.bytes += sign * size;
    this.#kept.groups += sign * index.count;
    this.#kept.segments += sign;
  }
}

function isSame(header: SegmentHeader, { properties = NOTHING, maxCacheDuration }: TrackFacts) {
  const known = header.properties ?? NOTHING;
  return header.maxCacheDuration === maxCacheDuration && known.length === properties.length &&
    known.every((byte, at) => byte === properties[at]);
}

function keyOf(path: string, name: FullTrackName): string {
  return `${path}\n${trackKey(name)}`;
}

const NOTHING = new Uint8Array();
