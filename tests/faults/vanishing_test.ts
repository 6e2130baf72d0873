import assert from "node:assert/strict";
import { UdpForwarder } from "../contracts/transport/udp_forwarder.ts";
import { offer } from "../support/faults/canary.ts";
import { counter, faultTest, until } from "../support/faults/case.ts";
import { Random } from "../support/faults/random.ts";
import { namespace, trackName, WirePeer } from "../support/peers/wire_peer.ts";

const SEED = 18;
const LOST = 'qumo_relay_sessions_ended_total{reason="lost"}';

faultTest("a publisher that vanishes ends its track for who watches", async (context) => {
  const { relay, deadline } = context;
  const line = new UdpForwarder();
  const port = line.to(relay.port);
  const publisher = await offer(
    { ...relay, port, certificateHash: relay.certificateHash },
    namespace("gone"),
    7n,
  );
  const subscriber = await context.join((server) => WirePeer.connect(server));
  const watching = await subscriber.request({
    kind: "subscribe",
    requestId: subscriber.requestId(),
    track: trackName(["gone"], "track"),
    parameters: {},
  });
  await watching.expect("subscribeOk");
  const subgroup = await publisher.openSubgroup({
    alias: 7n,
    group: 0n,
    subgroup: 0n,
    priority: undefined,
    hasProperties: false,
    endOfGroup: false,
    firstObject: true,
  });
  await subgroup.write({ object: 0, payload: new Uint8Array(10) });
  const stream = await deadline.for("the group", subscriber.streams.next());
  assert.ok(stream?.kind === "subgroup");
  await deadline.for("the object", stream.objects.next());

  line.cut();
  await deadline.for("PUBLISH_DONE", watching.expect("publishDone"));
  assert.equal(await counter(relay, LOST), 1);
  publisher.close();
  await line.close();
  subscriber.close();
});

faultTest("subscribers that vanish are forgotten", async ({ relay, deadline }) => {
  const line = new UdpForwarder();
  const port = line.to(relay.port);
  const subscriber = await WirePeer.connect({ port, certificateHash: relay.certificateHash });
  const watching = await subscriber.request({
    kind: "subscribe",
    requestId: subscriber.requestId(),
    track: trackName(["canary"], "track"),
    parameters: {},
  });
  await watching.expect("subscribeOk");
  await deadline.for("the canary's next group", subscriber.streams.next());
  line.cut();
  await deadline.for("the loss", until(async () => await counter(relay, LOST) === 1));
  assert.equal(await counter(relay, "qumo_relay_subscribers_active"), 1);
  subscriber.close();
  await line.close();
});

faultTest(
  "handshakes that are begun and never completed hold nothing",
  async ({ relay, deadline }) => {
    const firsts = await firstPackets(200);
    const socket = Deno.listenDatagram({ hostname: "127.0.0.1", port: 0, transport: "udp" });
    const to = { transport: "udp", hostname: "127.0.0.1", port: relay.port } as const;
    const refused = 'qumo_relay_handshakes_refused_total{reason="quic"}';
    await deadline.for(
      "the handshakes' deadline",
      until(async () => {
        // A few at a time, since a burst would be lost on the way.
        for (const packet of firsts.splice(0, 20)) await socket.send(packet, to);
        return await counter(relay, refused) >= 50;
      }),
    );
    socket.close();
  },
);

faultTest("UDP packets that are none of QUIC's are nothing to it", async ({ relay }) => {
  const random = new Random(SEED);
  const socket = Deno.listenDatagram({ hostname: "127.0.0.1", port: 0, transport: "udp" });
  const to = { transport: "udp", hostname: "127.0.0.1", port: relay.port } as const;
  const [initial] = await firstPackets(1);
  for (let count = 0; count < 5_000; count++) {
    const packet = count % 2 === 0 ? random.bytes(1_300) : initial!.slice(0);
    for (let flips = 0; flips < 8; flips++) packet[random.below(packet.length)]! ^= random.next();
    await socket.send(packet, to);
  }
  socket.close();
});

/** The first packets of so many clients, each with a ClientHello. */
async function firstPackets(count: number): Promise<Uint8Array<ArrayBuffer>[]> {
  const sink = Deno.listenDatagram({ hostname: "127.0.0.1", port: 0, transport: "udp" });
  const { port } = sink.addr as Deno.NetAddr;
  const endpoint = new Deno.QuicEndpoint({ hostname: "127.0.0.1", port: 0 });
  const packets = new Map<string, Uint8Array<ArrayBuffer>>();
  const connecting: Promise<unknown>[] = [];
  while (packets.size < count) {
    const options = { hostname: "127.0.0.1", port, alpnProtocols: ["moqt-18"], endpoint };
    connecting.push(Deno.connectQuic<false>(options).catch(() => {}));
    const [packet] = await sink.receive();
    // The destination's id, which the client chose, tells them apart.
    packets.set(packet.slice(6, 6 + packet[5]!).toHex(), packet.slice());
  }
  endpoint.close({ closeCode: 0, reason: "" });
  sink.close();
  await Promise.all(connecting);
  return [...packets.values()];
}
