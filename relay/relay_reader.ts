import type { Clock } from "@qumo/shared/runtime";
import { countsOf } from "./counts.ts";
import type { Front } from "./front.ts";
import type { SessionHost } from "./host.ts";
import type { RelayMetrics } from "./metrics.ts";
import type { Condition } from "./ops/conditions.ts";
import type { EventLoopLag } from "./ops/event_loop.ts";
import type { Part, Read, RelayReading, RowRange } from "./ops/readings.ts";
import type { Steering } from "./access/steering.ts";
import type { RelayState, Usage } from "./ops/snapshot.ts";
import type { RelayMesh } from "./relay_mesh.ts";

/** The parts of a relay that are read. */
export interface ReaderParts {
  readonly host: SessionHost;
  readonly mesh: RelayMesh;
  readonly front: Pick<Front, "address" | "certificate" | "listeners">;
  readonly metrics: RelayMetrics;
  readonly eventLoop: EventLoopLag;
  readonly usage: () => Usage;
  readonly state: () => RelayState;
  readonly access: Pick<Steering, "isUnknown" | "isHeld"> | undefined;
  readonly clock: Clock;
}

const NO_ROWS: RowRange = { offset: 0, limit: 0 };

/** Creates the reader of a relay that starts now. */
export function relayReader(parts: ReaderParts): Read {
  const { host, mesh, front, metrics, eventLoop, usage, state, access, clock } = parts;
  const startedAt = clock.now();
  const reads: { readonly [P in Part]: (range: RowRange) => RelayReading[P] } = {
    state,
    uptimeMs: () => clock.now() - startedAt,
    address: () => front.address,
    certificate: () => front.certificate,
    unready: () => state() === "serving" ? heldBack(access) ?? mesh.unready : state(),
    conditions: () => [
      ...mesh.conditions,
      ...(access?.isUnknown ? ["revocations_unknown" as const] : []),
      ...(front.listeners.hasFailed ? ["listener_failed" as const] : []),
    ],
    process: () => ({ ...usage(), eventLoopLagMs: eventLoop.worst() }),
    counts: () => countsOf(metrics),
    now: () => host.snapshot(),
    unreadBytes: () => front.listeners.unreadBytes,
    mesh: () => mesh.view,
    routes: () => mesh.routes,
    sessions: (range) => host.sessions(range),
    encoders: (range) => host.encoders(range),
    tracks: (range) => host.tracks(range),
    namespaces: (range) => host.namespaces(range),
  };
  return <P extends Part>(asked: readonly P[], range = NO_ROWS) => {
    const entries = asked.map((part) => [part, reads[part](range)]);
    return Promise.resolve(Object.fromEntries(entries) as Pick<RelayReading, P>);
  };
}

/** While sessions have to wait, others serve them sooner. */
function heldBack(access: ReaderParts["access"]): Condition | undefined {
  return access?.isHeld ? "revocations_unknown" : undefined;
}
