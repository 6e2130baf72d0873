import { joinBytes, sleep, systemClock } from "@qumo/shared/runtime";
import { subscribe } from "../peers/scripted_requests.ts";
import { type ScriptedPeer, trackOf } from "../peers/scripted_peer.ts";
import { referenceDraft } from "../reference_draft.ts";
import type { QuicServerAddress } from "../transport/quic_transport.ts";

/**
 * Makes many connections over one socket, which is of an address of this machine, that say nothing; the
 * result ends them.
 */
export async function crowd(
  server: QuicServerAddress,
  count: number,
  { protocol = "moqt-18", hostname = "127.0.0.1" } = {},
): Promise<() => void> {
  const endpoint = new Deno.QuicEndpoint({ hostname, port: 0 });
  const options = {
    endpoint,
    hostname: "127.0.0.1",
    port: server.port,
    alpnProtocols: [protocol],
    maxIdleTimeout: 60_000,
    keepAliveInterval: 1_000,
    serverCertificateHashes: [{ algorithm: "sha-256", value: server.certificateHash }],
  };
  const connections: Deno.QuicConn[] = [];
  // A few at a time: this machine has to do both halves of each handshake.
  while (connections.length < count) {
    const next = { length: Math.min(AT_ONCE, count - connections.length) };
    const calls = Array.from(next, () => Deno.connectQuic<false>(options));
    connections.push(...await Promise.all(calls));
  }
  for (const { closed } of connections) closed.catch(() => {});
  return () => {
    for (const one of [...connections, endpoint]) one.close({ closeCode: 0, reason: "" });
  };
}

/** Begins handshakes and reads none of the answers. */
export async function beginHandshakes(server: QuicServerAddress, count: number): Promise<void> {
  const line = Deno.listenDatagram({ hostname: "127.0.0.1", port: 0, transport: "udp" });
  for (const packet of await firstPackets(count)) {
    await line.send(packet, { transport: "udp", hostname: "127.0.0.1", port: server.port });
    // A socket's buffer holds no more than a few hundred.
    await sleep(systemClock, 1);
  }
  line.close();
}

/** The first packets of so many clients, each with a ClientHello. */
export async function firstPackets(count: number): Promise<Uint8Array<ArrayBuffer>[]> {
  const line = Deno.listenDatagram({ hostname: "127.0.0.1", port: 0, transport: "udp" });
  const { port } = line.addr as Deno.NetAddr;
  // By the connection's first number, which the client chose: a call repeats its packet when no answer comes.
  const packets = new Map<string, Uint8Array<ArrayBuffer>>();
  while (packets.size < count) {
    // A few at a time: the line holds no more, and those that wait for long would fill it once more.
    const wanted = Math.min(packets.size + AT_ONCE, count);
    const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
    const options = { hostname: "127.0.0.1", port, alpnProtocols: ["moqt-18"], endpoint };
    const calls = Array.from(
      { length: wanted - packets.size },
      () => Deno.connectQuic<false>(options).catch(() => {}),
    );
    while (packets.size < wanted) {
      const [packet] = await line.receive();
      const id = packet.slice(6, 6 + packet[5]!).toHex();
      if (!packets.has(id)) packets.set(id, packet.slice());
    }
    endpoint.close({ closeCode: 0, reason: "" });
    await Promise.all(calls);
  }
  line.close();
  return [...packets.values()];
}

const AT_ONCE = 50;

// What QUIC takes of a stream that nobody reads.
const STREAM_WINDOW = 1_250_000;

/**
 * Asks for so many tracks that it is content to wait for, and changes its mind without end on every
 * stream.
 */
export async function sayTooMuch(peer: ScriptedPeer, requests: number): Promise<void> {
  const streams = Array.from({ length: requests }, async (_, index) => {
    const track = trackOf("nowhere", `${index}`);
    const { outgoing } = await subscribe(peer, { rendezvousTimeout: 30_000n }, track);
    for (let written = 0; written < STREAM_WINDOW; written += UPDATES.length) {
      await outgoing.write(UPDATES);
    }
  });
  await Promise.allSettled(streams);
}

const UPDATE = referenceDraft.control.encode({
  kind: "requestUpdate",
  requestId: 2_000n,
  parameters: {},
});
const UPDATES = joinBytes(Array(Math.floor(64 * 1024 / UPDATE.length)).fill(UPDATE));
