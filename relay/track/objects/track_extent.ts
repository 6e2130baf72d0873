import { compareLocations, type Location } from "@qumo/shared/wire";
import { MalformedTrack } from "../errors.ts";
import { Gaps } from "./gaps.ts";
import { reach, type Reached, type Sources } from "./source.ts";
import type { TrackReports } from "./track_reports.ts";

/** How far a track reaches: what of it has arrived, and the gaps and the end that are declared. */
export class TrackExtent {
  /** Declared gaps of group ids. */
  readonly gaps = new Gaps();
  readonly #sources: Sources;
  readonly #reports: TrackReports;
  #arrived: Reached | undefined;
  #end: Location | undefined;

  constructor(sources: Sources, reports: TrackReports) {
    this.#sources = sources;
    this.#reports = reports;
  }

  /**
   * The largest location; undefined before the first object. With several sources, that of the
   * leading source and of those that deliver the same track.
   */
  get largest(): Location | undefined {
    const reported = this.#reports.valid.largest;
    if (this.#arrived === undefined) return reported;
    const { leading } = this.#reports;
    const { group, object } = leading && this.#sources.reachedWith(leading) || this.#arrived;
    const arrived = { group, object: BigInt(object) };
    return reported === undefined || compareLocations(reported, arrived) < 0 ? arrived : reported;
  }

  /** The location from which on nothing exists, if a publisher declared it. */
  get end(): Location | undefined {
    return this.#end;
  }

  /** Notes that an object at this location started to arrive. */
  advance(group: bigint, object: number): void {
    if (this.#arrived === undefined) this.#arrived = { group, object };
    else reach(this.#arrived, group, object);
  }

  /** Throws for groups behind the track's end and in its gaps. */
  checkGroup(id: bigint): void {
    if (this.#end !== undefined && id > this.#end.group) {
      throw new MalformedTrack(`Group ${id} lies behind the end of the track`);
    }
    if (this.gaps.has(id)) throw new MalformedTrack(`Group ${id} lies in a gap of the track`);
  }

  /** Throws for locations behind the track's end. */
  checkLocation(group: bigint, object: number): void {
    const end = this.#end;
    if (end === undefined || group < end.group) return;
    if (group > end.group || BigInt(object) >= end.object) {
      throw new MalformedTrack(`Object ${group}/${object} lies behind the end of the track`);
    }
  }

  /** Throws for an end before existing objects. */
  checkEnd(end: Location): void {
    const arrived = this.#arrived;
    const reported = this.#reports.valid.largest;
    const passed = arrived !== undefined &&
        compareLocations({ group: arrived.group, object: BigInt(arrived.object) }, end) >= 0 ||
      // The reported location may be that of the object that marks the end.
      reported !== undefined && compareLocations(reported, end) > 0;
    if (passed) throw new MalformedTrack("The track ends before its largest object");
  }

  /** Declares that nothing exists at or behind this location. */
  endAt(end: Location): void {
    this.checkEnd(end);
    this.#end = end;
  }
}
