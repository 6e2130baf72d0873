import assert from "node:assert/strict";
import { joinBytes } from "@qumo/shared/runtime";
import { DiskArchive } from "../../../relay/disk/disk_archive.ts";
import type { DiskCounts } from "../../../relay/disk/counts.ts";
import type { ReadableFile, SegmentFiles } from "../../../relay/disk/files.ts";
import type { DiskSettings } from "../../../relay/disk/settings.ts";
import { RelayMetrics } from "../../../relay/metrics.ts";
import type { KeptGroup, KeptTrack, TrackRecorder } from "../../../relay/track/mod.ts";
import { ManualClock } from "./manual_clock.ts";
import { memoryLog } from "./memory_log.ts";
import { blockOf, nameOf, NATIVE, payloadOf } from "./track_model.ts";

/** A folder in memory, which can be full: the bytes of its files by their names. */
export class MemoryFiles extends Map<string, Uint8Array<ArrayBuffer>> implements SegmentFiles {
  /** Bytes that still fit; of what goes beyond a part is written. */
  room = Infinity;

  list(): Promise<string[]> {
    return Promise.resolve([...this.keys()]);
  }

  open(name: string): Promise<ReadableFile> {
    const bytes = this.get(name);
    if (bytes === undefined) return Promise.reject(new Error(`there is no file ${name}`));
    return Promise.resolve({
      size: bytes.length,
      read: (offset, length) => Promise.resolve(bytes.slice(offset, offset + length)),
      close: () => {},
    });
  }

  append(name: string, bytes: Uint8Array): Promise<void> {
    const written = bytes.slice(0, Math.min(bytes.length, this.room));
    this.set(name, joinBytes([this.get(name) ?? new Uint8Array(), written]));
    this.room -= written.length;
    if (written.length === bytes.length) return Promise.resolve();
    return Promise.reject(new Error("no space left on device"));
  }

  truncate(name: string, size: number): Promise<void> {
    this.set(name, this.get(name)!.slice(0, size));
    return Promise.resolve();
  }

  remove(name: string): Promise<void> {
    if (this.delete(name)) return Promise.resolve();
    return Promise.reject(new Error(`there is no file ${name}`));
  }

  close(): void {}
}

const TRACK = nameOf("studio", "video");
const MIB = 2 ** 20;

/** A run of a relay over a folder, as far as it keeps groups of one track. */
export class DiskWorld {
  readonly clock: ManualClock;
  readonly written = memoryLog();
  readonly counts: DiskCounts = new RelayMetrics().disk;
  readonly #files: SegmentFiles;
  archive!: DiskArchive;

  /** The clock of an earlier run goes on. */
  constructor(files: SegmentFiles, clock = new ManualClock(1_700_000_000_000)) {
    this.#files = files;
    this.clock = clock;
  }

  /** Reads what is in the folder. */
  async open(settings: Partial<DiskSettings> = {}): Promise<this> {
    this.archive = await DiskArchive.open({
      files: this.#files,
      settings: { maxBytes: 64 * MIB, maxTrackBytes: 64 * MIB, maxAgeMs: 3_600_000, ...settings },
      isWanted: () => true,
      renderer: NATIVE,
      counts: this.counts,
      clock: this.clock,
      log: this.written.log,
    });
    return this;
  }

  /** Records a track of a source, from this group on. */
  record(first = 0n, source = "a"): TrackRecorder {
    const recorder = this.archive.recorderOf("/", TRACK)!;
    recorder.begin(first, source);
    return recorder;
  }

  get kept(): KeptTrack | undefined {
    return this.archive.find("/", TRACK);
  }

  /** The ids of the groups that are kept, ascending. */
  get groups(): number[] {
    const ids: number[] = [];
    const { kept } = this;
    for (let next = kept?.nearest(0n, "ascending"); next !== undefined;) {
      ids.push(Number(next.group));
      next = kept!.nearest(next.group + 1n, "ascending");
    }
    return ids;
  }

  /** The groups that can be read, each as it was recorded; throws for one that is not. */
  async readable(): Promise<number[]> {
    const ids: number[] = [];
    for (const id of this.groups) {
      const read = await this.kept!.read(BigInt(id));
      if (read === undefined) continue;
      assert.deepEqual(inOnePart(read), inOnePart(smallGroup(id)), `group ${id}`);
      ids.push(id);
    }
    return ids;
  }

  /** Lines of the log that are warnings or errors. */
  get complaints(): string[] {
    return this.written.lines.map(({ text }) => text).filter((text) => !text.startsWith("info"));
  }
}

/** A group of these objects, which are of one subgroup. */
export function groupOf(id: number, lengths: readonly number[]): KeptGroup {
  const objects = lengths.map((length, object) => ({
    id: object,
    subgroup: BigInt(id % 2),
    priority: 128,
    properties: blockOf(object % 2 === 0 ? new Uint8Array() : new Uint8Array([2, 7])),
    payload: [payloadOf(id * 10 + object, length)],
  }));
  const bytes = lengths.reduce((sum, length) => sum + length + 2, 0);
  return { id: BigInt(id), isWhole: true, objects, bytes };
}

/** A group of two objects. */
export const smallGroup = (id: number): KeptGroup => groupOf(id, [5, 9]);

/** What a group is, however its payloads are divided. */
function inOnePart({ id, isWhole, objects }: KeptGroup) {
  const parts = objects.map((object) => ({ ...object, payload: joinBytes(object.payload) }));
  return { id, isWhole, objects: parts };
}
