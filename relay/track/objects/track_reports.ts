import {
  compareLocations,
  DEFAULT_TRACK_PROPERTIES,
  type Location,
  type PropertyBlock,
  type TrackProperties,
} from "@qumo/shared/wire";
import type { Source, Sources } from "./source.ts";

/** The feed that reports something of a track. */
export interface Reporter {
  /** The source of its objects. */
  readonly source?: Source | undefined;
}

/** One publisher's report. */
export interface TrackReport {
  /** The properties as the publisher encoded them, and the known ones. */
  readonly block: PropertyBlock | undefined;
  readonly properties: TrackProperties;
  readonly largest: Location | undefined;
}

const NOTHING: TrackReport = {
  block: undefined,
  properties: DEFAULT_TRACK_PROPERTIES,
  largest: undefined,
};

/**
 * What publishers report of a track beside its objects: properties and the largest location. Only
 * one report is valid: that of the first feed whose objects have arrived, or the first of all
 * before any object. A report is removed with its feed; the last one stays until another feed
 * reports.
 */
export class TrackReports {
  readonly #sources: Sources;
  // In order of the first report.
  readonly #reports = new Map<Reporter, TrackReport>();
  #valid = NOTHING;
  #leading: Source | undefined;
  #sourcesSeen = 0;

  /** `sources` has the sources that have delivered objects. */
  constructor(sources: Sources) {
    this.#sources = sources;
  }

  /** The valid report. */
  get valid(): TrackReport {
    if (this.#sourcesSeen !== this.#sources.began) this.#decide();
    return this.#valid;
  }

  /** The source of the valid report, if it has delivered objects. */
  get leading(): Source | undefined {
    if (this.#sourcesSeen !== this.#sources.began) this.#decide();
    return this.#leading;
  }

  /** The largest location reported for this source. */
  largestOf(token: string | undefined): Location | undefined {
    const reporter = [...this.#reports.keys()].find(({ source }) => source?.token === token);
    return reporter && this.#reports.get(reporter)!.largest;
  }

  /** Sets a publisher's properties, replacing its previous ones; sets are never merged. */
  setProperties(by: Reporter, block: PropertyBlock, properties: TrackProperties): void {
    this.#set(by, { ...this.#reportOf(by), block, properties });
  }

  /** Raises the largest location that a publisher reported. */
  learnLargest(by: Reporter, largest: Location): void {
    const report = this.#reportOf(by);
    this.#set(by, { ...report, largest: larger(report.largest, largest) });
  }

  /** Removes the report of a feed that has ended. */
  forget(by: Reporter): void {
    if (this.#reports.delete(by)) this.#decide();
  }

  #reportOf(by: Reporter): TrackReport {
    return this.#reports.get(by) ?? NOTHING;
  }

  #set(by: Reporter, report: TrackReport): void {
    this.#reports.set(by, report);
    this.#decide();
  }

  #decide(): void {
    this.#sourcesSeen = this.#sources.began;
    const reporters = [...this.#reports.keys()];
    const hasBrought = ({ source }: Reporter) => source !== undefined && this.#sources.has(source);
    const bringing = reporters.find(hasBrought);
    this.#leading = bringing?.source;
    const leading = bringing ?? reporters[0];
    if (leading === undefined) return;
    let valid = this.#reports.get(leading)!;
    // Objects of one source are the same track on every path.
    for (const other of reporters) {
      if (other === leading || other.source?.token !== leading.source?.token) continue;
      const report = this.#reports.get(other)!;
      valid = { ...report, largest: larger(valid.largest, report.largest) };
    }
    this.#valid = valid;
  }
}

function larger(one: Location | undefined, other: Location | undefined): Location | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return compareLocations(one, other) < 0 ? other : one;
}
