import assert from "node:assert/strict";
import { until } from "../until.ts";
import { type ProcessGround, words } from "./mesh_case.ts";
import type { MeshPublisher } from "./publisher.ts";
import type { MeshRelay } from "./relay.ts";
import type { MeshViewer } from "./viewer.ts";

// What a viewer may miss of its own relay's restart: it is sent away, and joins a group later.
const RECONNECT_GROUPS = 4;
const GROUPS = 3;

/** A track, and a viewer of it at each relay. */
export interface Audience {
  readonly live: MeshPublisher;
  readonly viewers: readonly MeshViewer[];
}

/** A publisher at the first relay, and a viewer at each. */
export async function audienceOf({ mesh, publisher, viewer }: ProcessGround): Promise<Audience> {
  const live = await publisher("concert", mesh.relays[0]!.name);
  const viewers: MeshViewer[] = [];
  for (const { name } of mesh.relays) viewers.push(await viewer(live, name));
  return { live, viewers };
}

/**
 * Restarts one relay after the other, as `prepare` left it: that loses nothing for viewers elsewhere,
 * and a reconnect for the others.
 */
export async function restartInTurn(
  { mesh, say, withinGroups, lossless }: ProcessGround,
  { live, viewers }: Audience,
  prepare: (relay: MeshRelay) => void = () => {},
): Promise<void> {
  const relays = mesh.relays.map(({ name }) => name);
  for (const restarted of relays) {
    const other = relays[(relays.indexOf(restarted) + 1) % relays.length]!;
    // A publisher that cares connects to the next relay before it leaves the last.
    if (live.relays.includes(restarted)) {
      await live.connect(mesh.relay(other));
      const joined = live.group + 1;
      await until("a whole group at the next relay", () => live.group > joined);
    }
    const start = live.group;
    const own = viewers.filter(({ relay }) => relay === restarted);
    const elsewhere = viewers.filter(({ relay }) => relay !== restarted);
    const ended = mesh.relay(restarted).end("SIGTERM");
    for (const one of own) {
      await until(`${one.name} to be sent away`, () => !one.isConnected);
      await one.moveTo(mesh.relay(other));
      const gap = await one.verdict(live.group + GROUPS, start - 1);
      say(`${restarted} restarts, its own viewer: ${words(gap)}`);
      withinGroups(gap, RECONNECT_GROUPS);
    }
    assert.equal(await ended, 0);
    prepare(mesh.relay(restarted));
    await mesh.relay(restarted).start();
    await mesh.settled();
    const last = live.group + GROUPS;
    for (const one of elsewhere) {
      say(`${restarted} restarts, ${one.name}`);
      lossless(await one.verdict(last, start - 1));
    }
    for (const one of own) await one.moveTo(mesh.relay(restarted));
    for (const one of own) await one.has(live.group + 1);
    for (const { faults } of viewers) assert.deepEqual(faults, []);
  }
}
