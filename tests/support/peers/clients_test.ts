/** The third-party clients talk to each other without a relay, so that what fails later is not they. */
import assert from "node:assert/strict";
import { Deadline } from "../deadline.ts";
import { acceptMoqNet, connectMoqNet } from "./moq_net.ts";
import { MoqtClient, RequestRefused } from "./moqt.ts";
import { connectMoqt } from "./moqt_peer.ts";
import { MoqtPeer } from "./moqt_session.ts";
import type { Peer } from "./peer.ts";
import {
  listenQuicTransport,
  type QuicServerAddress,
  type QuicTransport,
} from "../transport/quic_transport.ts";

type Connect = (server: QuicServerAddress) => Promise<Peer>;
type Accept = (transport: QuicTransport) => Promise<Peer>;

const clients = new Map<string, Connect>([
  ["@moq/net", connectMoqNet],
  ["@moqt/transport", connectMoqt],
]);
const servers = new Map<string, Accept>([
  ["@moq/net", acceptMoqNet],
  ["@moqt/transport", acceptMoqt],
]);

for (const [clientName, connect] of clients) {
  for (const [serverName, accept] of servers) {
    Deno.test(`${clientName} publishes to ${serverName} over Deno's QUIC`, async () => {
      using deadline = new Deadline();
      await using pair = await connectPair(connect, accept, deadline);
      await watchOneGroup(pair.client, pair.server, deadline);
    });

    Deno.test(`${clientName} watches ${serverName} over Deno's QUIC`, async () => {
      using deadline = new Deadline();
      await using pair = await connectPair(connect, accept, deadline);
      await watchOneGroup(pair.server, pair.client, deadline);
    });
  }
}

Deno.test("MoqtClient.subscribe() rejects with the code of the refusal", async () => {
  using deadline = new Deadline();
  await using pair = await connectPair(connectMoqt, acceptMoqt, deadline);
  await assert.rejects(
    deadline.for("the refusal", pair.client.client.subscribe("nobody/here", "video")),
    (error) => error instanceof RequestRefused && error.code === 0x10n,
  );
});

Deno.test("MoqtClient.fetch() reads a range across groups", async () => {
  using deadline = new Deadline();
  await using pair = await connectPair(connectMoqt, acceptMoqt, deadline);
  const publication = await pair.server.publish("live", ["video"]);
  for (let index = 0; index < 2; index++) {
    const group = await publication.startGroup("video");
    for (let object = 0; object < 3; object++) await group.write(payload(group.id, object));
    await group.end();
  }
  const range = { startGroup: 0n, startObject: 1n, endGroup: 1n, endObject: 2n };
  const fetch = await deadline.for("FETCH_OK", pair.client.client.fetch("live", "video", range));
  const places: string[] = [];
  for (;;) {
    const object = await deadline.for("a fetched object", fetch.next());
    if (object === undefined) break;
    places.push(`${object.groupId}/${object.objectId}`);
  }
  assert.deepEqual(places, ["0/1", "0/2", "1/0", "1/1"]);
});

Deno.test("MoqtClient.trackStatus() reads the largest object", async () => {
  using deadline = new Deadline();
  await using pair = await connectPair(connectMoqt, acceptMoqt, deadline);
  const publication = await pair.server.publish("live", ["video"]);
  const group = await publication.startGroup("video");
  await group.write(payload(0, 0));
  const status = await deadline.for("REQUEST_OK", pair.client.client.trackStatus("live", "video"));
  assert.deepEqual(status.parameters.get(0x9n), [{ group: 0n, object: 0n }]);
});

async function acceptMoqt(transport: QuicTransport): Promise<MoqtPeer> {
  return new MoqtPeer("@moqt/transport as a server", await MoqtClient.accept(transport));
}

async function connectPair<C extends Peer, S extends Peer>(
  connect: (server: QuicServerAddress) => Promise<C>,
  accept: (transport: QuicTransport) => Promise<S>,
  deadline: Deadline,
) {
  const listener = await listenQuicTransport();
  const accepted = listener.accept().then(accept);
  const pair = Promise.all([connect(listener), accepted]);
  const [client, server] = await deadline.for("SETUP in both directions", pair);
  return {
    client,
    server,
    async [Symbol.asyncDispose]() {
      await Promise.all([client.close(), server.close()]);
      listener.close();
    },
  };
}

/** One peer writes a group of objects of many sizes, none included, and the other reads it. */
async function watchOneGroup(publisher: Peer, watcher: Peer, deadline: Deadline): Promise<void> {
  const sizes = [5, 0, 1200, 70_000, 1];
  const publication = await deadline.for("the namespace", publisher.publish("live/a", ["video"]));
  const watch = await deadline.for("the subscription", watcher.watch("live/a", "video"));
  await deadline.for("the subscriber", publication.subscribed("video"));
  const group = await publication.startGroup("video");
  for (const [index, size] of sizes.entries()) await group.write(payload(index, size));
  await group.end();
  for (const [index, size] of sizes.entries()) {
    const object = await deadline.for(`object ${index}`, watch.next());
    assert.deepEqual(object, { group: 0, object: index, payload: payload(index, size) });
  }
  await watch.stop();
}

function payload(seed: number, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, (_, index) => seed + index);
}
