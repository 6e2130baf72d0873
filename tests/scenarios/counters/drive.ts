import { distributions, meshFamilies } from "../../../relay/ops/mesh_families.ts";
import type { RelayMetrics } from "../../../relay/ops/metrics.ts";
import { createRegistry } from "../../../relay/ops/prometheus.ts";
import { mediaFamilies, sessionFamilies } from "../../../relay/ops/relay_families.ts";
import type { MeshView, RelaySnapshot, RelayView } from "../../../relay/ops/snapshot.ts";
import type { MovedSeries } from "../../support/metrics/moved_series.ts";
import { SessionWorld, type WorldOptions } from "../../support/worlds/session_world.ts";

/** Something that moves counters. */
export interface Drive {
  readonly what: string;
  run(moved: MovedSeries): Promise<void>;
}

const NOTHING: RelaySnapshot = {
  sessions: 0,
  subscriptions: 0,
  tracks: 0,
  namespaces: 0,
  openGroups: 0,
  parkedStreams: 0,
  clientStreams: 0,
  cache: { bytes: 0, groups: 0 },
};

/** What a relay shows that has these counts, and of everything else only what is said here. */
export async function scrape(
  metrics: RelayMetrics,
  { mesh, ...now }: Partial<RelaySnapshot> & { readonly mesh?: Partial<MeshView> } = {},
): Promise<string> {
  const snapshot = () => ({ ...NOTHING, ...now });
  const view = { unready: "", conditions: [], certificate: {}, snapshot, mesh };
  const relay = view as unknown as RelayView;
  const families = [
    ...sessionFamilies(metrics, relay),
    ...mediaFamilies(metrics, relay, 0),
    ...meshFamilies(metrics, relay),
  ];
  return await createRegistry("", families, () => distributions(metrics)).metrics();
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
