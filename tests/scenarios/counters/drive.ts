import { scraper } from "@qumo/shared/metrics";
import { countsOf } from "../../../relay/counts.ts";
import type { RelayMetrics } from "../../../relay/metrics.ts";
import { diskFamilies } from "../../../relay/ops/disk_families.ts";
import { distributionFamilies, meshFamilies } from "../../../relay/ops/mesh_families.ts";
import { mediaFamilies } from "../../../relay/ops/media_families.ts";
import { sessionFamilies } from "../../../relay/ops/session_families.ts";
import type { RelaySnapshot } from "../../../relay/ops/snapshot.ts";
import type { MovedSeries } from "../../support/metrics/moved_series.ts";
import { readingWith } from "../../support/worlds/relay_reading.ts";
import { SessionWorld, type WorldOptions } from "../../support/worlds/session_world.ts";

/** Something that moves counters. */
export interface Drive {
  readonly what: string;
  run(moved: MovedSeries): Promise<void>;
}

/** What a relay shows that has these counts, and of everything else only what is said here. */
export async function scrape(
  metrics: RelayMetrics,
  { unreachable, ...now }: Partial<RelaySnapshot> & { readonly unreachable?: readonly string[] } =
    {},
): Promise<string> {
  const nothing = readingWith();
  const reading = {
    ...nothing,
    counts: countsOf(metrics),
    now: { ...nothing.now, ...now },
    unready: "",
    mesh: unreachable &&
      { name: "", control: undefined, links: [], unreachable, remoteTracks: 0 },
  };
  const families = [
    ...sessionFamilies,
    ...mediaFamilies(0),
    ...diskFamilies,
    ...meshFamilies,
    ...distributionFamilies,
  ];
  return (await scraper({ families, read: () => Promise.resolve(reading) })()).text;
}

/** A drive in a world of sessions; what it returns is shown as what there is now. */
export function inSessions(
  what: string,
  options: WorldOptions,
  act: (world: SessionWorld) => Promise<Partial<RelaySnapshot> | void>,
): Drive {
  return {
    what,
    async run(moved) {
      await using world = new SessionWorld(options);
      const now = await act(world) ?? {};
      await world.settle();
      moved.take(await scrape(world.metrics, now));
    },
  };
}
