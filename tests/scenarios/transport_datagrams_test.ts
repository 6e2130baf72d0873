import assert from "node:assert/strict";
import { dial } from "../../relay/transport/mod.ts";
import { Deadline } from "../support/deadline.ts";
import { startRelayInProcess } from "../support/processes/relay_in_process.ts";
import { ScriptedPeer } from "../support/peers/scripted_peer.ts";
import { datagram, publish, subscribe } from "./script.ts";

for (const [from, to] of [["moqt", "https"], ["https", "moqt"]] as const) {
  Deno.test(`R-001: datagrams come by every connection, from ${from}:// to ${to}://`, async () => {
    using deadline = new Deadline();
    await using relay = await startRelayInProcess();
    const connect = async (scheme: string) => {
      const connection = await dial(`${scheme}://127.0.0.1:${relay.port}`, {
        protocols: ["moqt-18"],
        serverCertificateHashes: [relay.certificateHash.toHex()],
      });
      assert.ok(connection.maxDatagramSize >= 1_000, `${connection.maxDatagramSize} bytes`);
      return await ScriptedPeer.connect(connection);
    };
    const publisher = await deadline.for("a connection", connect(from));
    const subscriber = await deadline.for("another", connect(to));
    const offer = await publish(publisher);
    await deadline.for("PUBLISH_OK", offer.expect("requestOk"));
    const downstream = await subscribe(subscriber);
    await deadline.for("SUBSCRIBE_OK", downstream.expect("subscribeOk"));
    assert.equal(
      publisher.sendDatagram(datagram(publisher, { object: 3, text: "by itself" })),
      true,
    );
    const bytes = await deadline.for("the datagram", subscriber.nextDatagram());
    assert.match(new TextDecoder().decode(bytes), /by itself$/);
    for (const peer of [publisher, subscriber]) {
      peer.close();
      await deadline.for("the end", peer.closed);
    }
  });
}
