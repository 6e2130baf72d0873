import { done, type Outcome, refused } from "@qumo/shared/runtime";
import { type ControlMessageOf, NO_PROPERTIES } from "@qumo/shared/wire";
import type { Refusal, Track } from "../../../track/mod.ts";
import { RangeFilters } from "../requests/range_filters.ts";
import { unsupportedExtension } from "../requests/unsupported.ts";
import { sayProperties } from "./say_properties.ts";
import { fillRefusal, filterRefusal } from "./subscription_filters.ts";
import { unsatisfiable } from "./subscription_parameters.ts";

/** How a subscription is served. */
export interface SubscriptionTerms {
  /** Of the track, for the answer. */
  readonly properties: Uint8Array;
  readonly filters: RangeFilters;
}

/** How a track is served, unless it cannot be as it was asked for. */
export function termsFor(
  context: Parameters<typeof sayProperties>[0],
  { parameters }: ControlMessageOf<"subscribe">,
  track: Track,
): Outcome<SubscriptionTerms, Refusal> {
  const { draft } = context;
  const { largest, properties: { unknownMandatory } } = track;
  const filters = RangeFilters.NONE.after(parameters, draft.varint);
  if (!filters.ok) return filters;
  const refusal = unsatisfiable(draft, parameters.filter, largest) ??
    (unknownMandatory.length > 0 ? unsupportedExtension(unknownMandatory) : undefined) ??
    filterRefusal(filters.value, track) ??
    fillRefusal(filters.value, parameters.fill, draft.varint);
  if (refusal !== undefined) return refused(refusal);
  const properties = parameters.includeProperties === false
    ? done(NO_PROPERTIES)
    : sayProperties(context, track.name, track.propertyBlock);
  if (!properties.ok) return properties;
  return done({ properties: properties.value, filters: filters.value });
}
