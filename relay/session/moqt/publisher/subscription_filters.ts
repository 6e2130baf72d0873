import { type FillParameters, integerProperties, type VarintFormat } from "@qumo/shared/wire";
import type { ObjectFilter, Refusal, Track } from "../../../track/mod.ts";
import type { RangeFilters } from "../requests/range_filters.ts";
import type { SubscriptionParameters } from "./subscription_parameters.ts";

/** The filters by ranges of one subscription, which its updates change (#range-filters). */
export class SubscriptionFilters {
  readonly #track: Track;
  readonly #varint: VarintFormat;
  #filters: RangeFilters;
  #objects: ObjectFilter | undefined;
  #release = () => {};

  constructor(track: Track, varint: VarintFormat, filters: RangeFilters) {
    this.#track = track;
    this.#varint = varint;
    this.#filters = filters;
    this.#objects = objectsOf(filters, track);
  }

  /** The subscription begins. */
  begin(): void {
    this.#release = this.#track.filters.take(this.#objects);
  }

  /** The filter of its objects; undefined when all pass. */
  get objects(): ObjectFilter | undefined {
    return this.#objects;
  }

  /** Takes up what a message changes, unless it is refused. */
  update(parameters: SubscriptionParameters): Refusal | undefined {
    const filters = this.#filters.after(parameters, this.#varint);
    if (!filters.ok) return filters.refusal;
    const refusal = filterRefusal(filters.value, this.#track) ??
      fillRefusal(filters.value, parameters.fill, this.#varint);
    if (refusal !== undefined) return refusal;
    this.#filters = filters.value;
    this.#release();
    this.#objects = objectsOf(filters.value, this.#track);
    this.#release = this.#track.filters.take(this.#objects);
    return undefined;
  }

  /** The filter of a fill, which has those of its subscription but for what it says itself. */
  ofFill(fill: FillParameters): ObjectFilter | "nothing" | undefined {
    const filters = this.#filters.after(fill, this.#varint);
    return filters.ok ? objectsOf(filters.value, this.#track) : "nothing";
  }

  /** The subscription is over. */
  release(): void {
    this.#release();
  }
}

/** The refusal of filters that a track has no room for. */
export function filterRefusal(filters: RangeFilters, track: Track): Refusal | undefined {
  return track.filters.hasRoom(objectsOf(filters, track)) ? undefined : CROWDED;
}

/** The refusal of the filters of a fill. */
export function fillRefusal(
  filters: RangeFilters,
  fill: FillParameters | undefined,
  varint: VarintFormat,
): Refusal | undefined {
  const ofFill = fill && filters.after(fill, varint);
  return ofFill === undefined || ofFill.ok ? undefined : ofFill.refusal;
}

/** Whether the filters of tracks pass this one (#filtering-subscribe-tracks). */
export function isWanted(filters: RangeFilters, track: Track): boolean {
  return wantedOf(filters, track) !== "nothing";
}

function objectsOf(filters: RangeFilters, track: Track): ObjectFilter | undefined {
  const wanted = wantedOf(filters, track);
  // Who wants nothing of a track is not offered it.
  return typeof wanted === "string" ? undefined : wanted;
}

function wantedOf(filters: RangeFilters, { propertyBlock }: Track) {
  return filters.of(propertyBlock ? integerProperties(propertyBlock) : new Map());
}

const CROWDED: Refusal = {
  kind: "excessive_load",
  reason: "the track's subscribers have too many different filters",
};
