import type { TrackEnd } from "../errors.ts";
import type { DatagramObject } from "./datagram_object.ts";
import type { Group } from "./group.ts";
import type { ObjectFilter } from "./object_filter.ts";
import type { Renderer } from "./renderer.ts";
import type { Rendering } from "./rendering.ts";
import type { SubgroupLog } from "./subgroup_log.ts";
import { WholeGroup } from "./whole_group.ts";

/** The groups that are rendered. */
export interface RenderedTrack {
  /** The number of the track at this relay. */
  readonly number: bigint;
  readonly endReason: TrackEnd | undefined;
  /** Whether a group was seen that has several subgroups. */
  isLayered: boolean;
  group(id: bigint): Group | undefined;
  isLatest(group: Group): boolean;
  /** The effective priority of a subgroup or datagram. */
  priorityOf(priority: number | undefined): number;
  /** Changes the size of a group's objects by this many bytes. */
  grow(group: Group, bytes: number): void;
}

/** The objects of a track in the dialects of its subscribers, each created on demand and shared. */
export class TrackRenderings {
  readonly #track: RenderedTrack;
  readonly #openWholes = new Set<WholeGroup>();

  constructor(track: RenderedTrack) {
    this.#track = track;
  }

  /** The number of groups that are put together as one log and are not over. */
  get openWholes(): number {
    return this.#openWholes.size;
  }

  /** The rendering of a subgroup. */
  of(log: SubgroupLog, renderer: Renderer): Rendering {
    const known = log.renderingOf(renderer);
    if (known !== undefined) return known;
    const before = log.bytes;
    const rendering = log.render(renderer);
    const group = this.#track.group(log.group);
    if (group?.holds(log)) this.#track.grow(group, log.bytes - before);
    return rendering;
  }

  /** A datagram; empty if the dialect cannot express it. */
  ofDatagram(object: DatagramObject, renderer: Renderer): Uint8Array {
    const known = object.renderingOf(renderer);
    if (known !== undefined) return known;
    const bytes = object.render(renderer);
    const group = this.#track.group(object.group);
    if (group?.growDatagram(object, bytes.length)) this.#track.grow(group, bytes.length);
    return bytes;
  }

  /** The log with what passes a filter of a subgroup; undefined when nothing does. */
  filteredOf(log: SubgroupLog, filter: ObjectFilter): SubgroupLog | undefined {
    const left = filter.of(log.subgroup, this.#track.priorityOf(log.priority));
    if (typeof left === "boolean") return left ? log : undefined;
    const group = this.#track.group(log.group);
    return group?.filtered.get(log, left, {
      track: this.#track.number,
      grow: (bytes) => this.#track.grow(group, bytes),
    });
  }

  /**
   * The log to send in place of `log` in a dialect in which a group is one stream; undefined when it is
   * part of a stream that begins with another log of its group.
   */
  wholeOf(log: SubgroupLog, renderer: Renderer): SubgroupLog | undefined {
    const group = this.#track.group(log.group);
    if (group === undefined) return log;
    if (!group.wholes.isLead(log)) return undefined;
    if (log.isKeptIn(renderer)) return log;
    return (group.wholes.get(renderer) ?? this.#makeWhole(group, renderer)).log;
  }

  /** Whether nothing is added any more to the stream of a log's group in such a dialect. */
  isWholeOver({ group }: SubgroupLog, renderer: Renderer): boolean {
    return this.#track.group(group)?.wholes.isOver(renderer) ?? true;
  }

  /** Groups wait for each other: an older one has no further subgroups when a newer one begins. */
  wakeWholes(): void {
    for (const whole of [...this.#openWholes]) whole.wake();
  }

  #makeWhole(group: Group, renderer: Renderer): WholeGroup {
    const whole = new WholeGroup({
      track: this.#track,
      group,
      open: this.#openWholes,
      isLatest: () => this.#track.isLatest(group),
      grow: (bytes) => this.#track.grow(group, bytes),
    }, renderer);
    group.wholes.set(renderer, whole);
    return whole;
  }
}
