import { Connection } from "@moq/net";
import assert from "node:assert/strict";
import { asWebTransport } from "../support/peers/moq_net.ts";
import { MoqNetPeer, type MoqNetWatch } from "../support/peers/moq_net_peer.ts";
import { Queue } from "../support/peers/queue.ts";
import { connectionTransport, connectQuicTransport } from "../support/transport/quic_transport.ts";
import type {
  Abilities,
  MatrixClient,
  MatrixEvent,
  MatrixPeer,
  MatrixSubscription,
} from "./client.ts";
import { dialAs } from "./scripted_client.ts";

// It complains when a session ends, which is what ends each cell.
// deno-lint-ignore no-console
console.warn = () => {};

const IETF = ["moq-00", "moqt-15", "moqt-16", "moqt-17", "moqt-18", "moqt-19", "moqt-20"];
const LITE = ["moq-lite-03", "moq-lite-04", "moq-lite-05"];

/**
 * moq-dev's TypeScript library. At drafts of the IETF it never reads that a track has ended, and at
 * moq-lite 03 and 04 it waits for the end of a stream that it does not read, which Deno does not tell.
 */
export const moqNetClient: MatrixClient = {
  name: "@moq/net 0.3.4",
  abilities(protocol): Abilities | undefined {
    if (![...IETF, ...LITE].includes(protocol)) return undefined;
    const subgroups = LITE.includes(protocol) ? "joined" : "none";
    return { subgroups, fetch: false, trackEnd: protocol === "moq-lite-05" };
  },
  async connect(server, protocol, transport) {
    const session = transport === "quic"
      ? await connectQuicTransport(server, protocol)
      : connectionTransport(await dialAs(server, protocol, transport));
    const url = new URL(`https://127.0.0.1:${server.port}/`);
    const established = await Connection.connect(url, { transport: asWebTransport(session) });
    return matrixPeer(new MoqNetPeer(established));
  },
};

function matrixPeer(peer: MoqNetPeer): MatrixPeer {
  return {
    async publish({ path, name }) {
      const publication = await peer.publish(path, [name]);
      return {
        subscribed: () => publication.subscribed(name),
        startGroup: () => publication.startGroup(name),
        end: () => publication.end(),
      };
    },
    async subscribe({ path, name }) {
      await peer.announced(path);
      return matrixSubscription(await peer.watch(path, name));
    },
    close: () => peer.close(),
  };
}

function matrixSubscription(watch: MoqNetWatch): MatrixSubscription {
  const events = new Queue<MatrixEvent>();
  watch.onGroupEnd = (group) => events.push({ kind: "group_end", group });
  const read = async () => {
    for (let object = await watch.next(); object !== undefined; object = await watch.next()) {
      events.push({ kind: "object", ...object });
    }
    events.end();
  };
  void read();
  return {
    next: () => events.next(),
    ended: async () => assert.equal(await watch.failure(), undefined),
    stop: () => watch.stop(),
  };
}
