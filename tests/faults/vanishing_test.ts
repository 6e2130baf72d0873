import { SEED } from "../support/properties.ts";
import { UdpForwarder } from "../contracts/transport/udp_forwarder.ts";
import { offer } from "../support/faults/canary.ts";
import { counter, faultTest } from "../support/faults/case.ts";
import { Random } from "../support/random.ts";
import { ScriptedPeer, trackOf } from "../support/peers/scripted_peer.ts";
import { openSubgroup, SubgroupReader } from "../support/peers/scripted_objects.ts";
import { subscribe } from "../support/peers/scripted_requests.ts";
import { beginHandshakes, firstPackets } from "../support/faults/crowd.ts";
import { becomes, until } from "../support/until.ts";

const LOST = 'qumo_relay_sessions_ended_total{reason="lost"}';

faultTest("a publisher that vanishes ends its track for who watches", async (context) => {
  const { relay, deadline } = context;
  const line = new UdpForwarder();
  const port = line.to(relay.port);
  const publisher = await offer(
    { ...relay, port, certificateHash: relay.certificateHash },
    "gone",
    7n,
  );
  const subscriber = await context.join((server) => ScriptedPeer.dial(server));
  const watching = await subscribe(subscriber, {}, trackOf("gone", "track"));
  await watching.expect("subscribeOk");
  const object = { id: 0, payload: new Uint8Array(10) };
  await openSubgroup(publisher, { alias: 7n, firstObject: true }, object);
  const group = await deadline.for("the group", SubgroupReader.next(subscriber));
  await deadline.for("the object", group.next());

  line.cut();
  await deadline.for("PUBLISH_DONE", watching.expect("publishDone"));
  await becomes(() => counter(relay, LOST), 1);
  publisher.close();
  await line.close();
  subscriber.close();
});

faultTest("subscribers that vanish are forgotten", async ({ relay, deadline }) => {
  const line = new UdpForwarder();
  const port = line.to(relay.port);
  const subscriber = await ScriptedPeer.dial({ port, certificateHash: relay.certificateHash });
  const watching = await subscribe(subscriber, {}, trackOf("canary", "track"));
  await watching.expect("subscribeOk");
  await deadline.for("the canary's next group", subscriber.nextStream());
  line.cut();
  await until("the loss", async () => await counter(relay, LOST) === 1);
  await becomes(() => counter(relay, "qumo_relay_subscribers_active"), 1);
  subscriber.close();
  await line.close();
});

faultTest("handshakes that are begun and never completed hold nothing", async ({ relay }) => {
  await beginHandshakes(relay, 200);
  const refused = 'qumo_relay_handshakes_refused_total{reason="quic"}';
  await until("the handshakes' deadline", async () => await counter(relay, refused) >= 50);
});

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
