import { type Clock, type Log, sleep } from "@qumo/shared/runtime";
import type { SessionHost } from "./host.ts";
import type { RelayMesh } from "./relay_mesh.ts";

/** What a relay consists of when it leaves. */
export interface DepartingRelay {
  readonly host: SessionHost;
  readonly mesh: RelayMesh;
  readonly clock: Clock;
  readonly log: Log;
}

// How often to look whether what passes through here has left. The way out is not urgent.
const TRANSIT_POLL_MS = 50;

/**
 * Leaves within this many milliseconds: first what only passes through here takes another way, then
 * clients are sent elsewhere, and when they have gone, or the time is over, the controller is told.
 */
export async function depart(relay: DepartingRelay, timeoutMs: number): Promise<void> {
  const { host, mesh, clock } = relay;
  if (mesh.view?.control === undefined) return await host.drain(timeoutMs, undefined);
  const deadline = clock.now() + timeoutMs;
  await transitLeft(relay, timeoutMs / 2);
  const address = await mesh.elsewhere();
  await host.drain(Math.max(0, deadline - clock.now()), address);
  await mesh.deregister();
}

/** Waits, not for ever, until neighbors take what passes through here by another way. */
async function transitLeft({ host, mesh, clock, log }: DepartingRelay, patienceMs: number) {
  const deadline = clock.now() + patienceMs;
  mesh.changed();
  while (host.transitCount > 0 && clock.now() < deadline) await sleep(clock, TRANSIT_POLL_MS);
  log.info("transit traffic moved away", { still_here: host.transitCount });
}
