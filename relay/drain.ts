import { type Clock, type Log, sleep } from "@qumo/shared/runtime";
import type { SessionHost } from "./host.ts";
import type { RelayMesh } from "./relay_mesh.ts";

/** The parts of a relay that take part in a drain. */
export interface DrainingRelay {
  readonly host: SessionHost;
  readonly mesh: RelayMesh;
  readonly clock: Clock;
  readonly log: Log;
}

// The interval of the check for transit traffic.
const TRANSIT_POLL_MS = 50;

/**
 * Drains within this many milliseconds: first transit traffic is rerouted, then clients are
 * redirected, and after they have left, or at the deadline, the relay deregisters.
 */
export async function drainRelay(relay: DrainingRelay, timeoutMs: number): Promise<void> {
  const { host, mesh, clock } = relay;
  if (mesh.view?.control === undefined) return await host.drain(timeoutMs, undefined);
  const deadline = clock.now() + timeoutMs;
  await transitLeft(relay, timeoutMs / 2);
  const target = await mesh.redirectTarget();
  await host.drain(Math.max(0, deadline - clock.now()), target?.url);
  await mesh.deregister();
}

/** Waits, for a bounded time, until neighbors have rerouted the transit traffic. */
async function transitLeft({ host, mesh, clock, log }: DrainingRelay, patienceMs: number) {
  const deadline = clock.now() + patienceMs;
  mesh.changed();
  while (host.transitCount > 0 && clock.now() < deadline) await sleep(clock, TRANSIT_POLL_MS);
  log.info("transit traffic moved away", { still_here: host.transitCount });
}
