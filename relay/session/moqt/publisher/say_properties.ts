import { done, type Outcome } from "@qumo/shared/runtime";
import { type FullTrackName, NO_PROPERTIES, type PropertyBlock } from "@qumo/shared/wire";
import type { Refusal } from "../../../track/mod.ts";
import type { Reporting, Wire } from "../connection/facets.ts";
import { trackProperties } from "../dialect/track_properties.ts";
import { nameFields } from "../requests/refuse.ts";

/** What {@linkcode sayProperties} uses of its session. */
type PropertiesContext = Pick<Wire, "draft"> & Pick<Reporting, "metrics" | "events">;

/**
 * The properties of a track as the peer's draft has them. Those that it has no words for are left out,
 * which is counted and logged.
 */
export function sayProperties(
  { draft, metrics, events }: PropertiesContext,
  track: FullTrackName,
  block: PropertyBlock | undefined,
): Outcome<Uint8Array, Refusal> {
  if (block === undefined) return done(NO_PROPERTIES);
  const properties = trackProperties(draft, block);
  if (!properties.ok) return properties;
  const { bytes, unsaid } = properties.value;
  if (unsaid > 0) {
    metrics.inexpressible.property += unsaid;
    const what =
      "track properties left out: the peer's version of the protocol has no words for them";
    events.say(what, { ...nameFields(track), properties: unsaid });
  }
  return done(bytes);
}
