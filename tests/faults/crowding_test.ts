import assert from "node:assert/strict";
import { dial } from "../support/transport/quic_transport.ts";
import { counter, faultTest } from "../support/faults/case.ts";
import { beginHandshakes, crowd, sayTooMuch } from "../support/faults/crowd.ts";
import type { RelayProcess } from "../support/processes/relay_process.ts";
import { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { becomes, until } from "../support/until.ts";

// Who is silent is not gone soon, and there are fewer places than are taken.
const PATIENT = { idle_timeout_ms: 30_000, handshake_timeout_ms: 30_000, max_handshakes: 100 };

const MIB = 1024 * 1024;

faultTest(
  "sessions that send more than they may are closed before they cost much",
  async (context) => {
    const { relay, deadline } = context;
    const before = await relay.residentBytes("VmHWM");
    const attackers = await Promise.all(
      Array.from({ length: 4 }, () => ScriptedPeer.dial(relay, { maxIdleTimeout: 60_000 })),
    );
    const work = attackers.map((peer) => sayTooMuch(peer, 160));
    const closed = Promise.all(attackers.map(({ closed }) => closed));
    const ends = await deadline.for("the flooding sessions to be closed", closed);
    await Promise.allSettled(work);
    for (const peer of attackers) peer.close();
    assert.deepEqual(ends.map(({ code }) => code), [1, 1, 1, 1]);
    await becomes(() => limitCount(relay, "unread_bytes_per_connection"), 4);
    const growth = (await relay.residentBytes("VmHWM") - before) / MIB;
    // What they would have sent is five times as much.
    assert.ok(growth < 160, `The relay grew by ${growth} MiB`);
  },
  {
    config: { server: { ...PATIENT, max_unread_bytes_per_connection: 16 * MIB } },
    growthMiB: 120,
  },
);

faultTest("first packets whose answers nobody reads keep out no new session", async (context) => {
  const { relay, deadline } = context;
  await deadline.for("the first packets", beginHandshakes(relay, 150));
  for (let session = 0; session < 20; session++) {
    const peer = await deadline.for("a new session", ScriptedPeer.dial(relay));
    peer.close();
  }
  assert.ok(await limitCount(relay, "handshakes") > 0, "The places were not all taken");
}, { config: { server: PATIENT }, growthMiB: 128 });

faultTest("silent HTTP/3 connections keep out no WebTransport session", async (context) => {
  const { relay, deadline } = context;
  const leave = await deadline.for("the silent", crowd(relay, 150, { protocol: "h3" }));
  for (let session = 0; session < 20; session++) {
    const client = await deadline.for(
      "a WebTransport session",
      dial(`https://127.0.0.1:${relay.port}/`, {
        protocols: ["moqt-18"],
        serverCertificateHashes: [relay.certificateHash.toHex()],
      }),
    );
    client.close(0, "");
    await client.closed;
  }
  assert.ok(await limitCount(relay, "webtransport_handshakes") > 0, "No place was missing");
  leave();
}, { config: { server: PATIENT }, growthMiB: 128 });

faultTest("one address has so many connections, and others are not kept out", async (context) => {
  const { relay, deadline } = context;
  const leave = await deadline.for("the crowd", crowd(relay, 60, { hostname: "127.0.0.2" }));
  const isRefused = async () => await limitCount(relay, "connections_per_address") === 10;
  await until("those beyond the limit to be refused", isRefused);
  const refused = 'qumo_relay_handshakes_refused_total{reason="address"}';
  await becomes(() => counter(relay, refused), 10);
  const lines = relay.log().split("\n");
  const said = lines.filter((line) => line.includes("too many connections from 127.0.0.2"));
  assert.equal(said.length, 1, said.join("\n"));
  const other = await deadline.for("a session of another address", ScriptedPeer.dial(relay));
  other.close();
  leave();
}, { config: { server: { known_addresses: [], max_connections_per_address: 50 } } });

function limitCount(relay: RelayProcess, limit: string): Promise<number> {
  return counter(relay, `qumo_relay_transport_limits_total{limit="${limit}"}`);
}
