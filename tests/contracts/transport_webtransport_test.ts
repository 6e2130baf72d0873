import assert from "node:assert/strict";
import { systemClock } from "@qumo/shared/runtime";
import { acceptWebTransport, connectWebTransport } from "../../relay/transport/h3/mod.ts";
import {
  type Connection,
  dialQuic,
  generateCertificate,
  listenQuic,
  openEndpoint,
  type QuicTransportOptions,
} from "../../relay/transport/mod.ts";
import type { Connected, ConnectOptions } from "./transport/contract.ts";
import { transportContract } from "./transport.ts";
import { UdpForwarder } from "./transport/udp_forwarder.ts";
import { memoryPair } from "../support/transport/memory_connection.ts";

const certificate = await generateCertificate(["localhost"]);

for (const canReset of [true, false]) {
  const join = async (options: ConnectOptions = {}): Promise<[...Connected, () => void]> => {
    const [rawClient, rawServer] = memoryPair({ ...withOwnStreams(options), canReset });
    const [client, server] = await shake(rawClient, rawServer);
    return [client, server, () => end(client, server), () => rawClient.sever()];
  };
  transportContract(
    `WebTransport over memory ${canReset ? "with" : "without"} resets`,
    async (options) => {
      const [client, server, cleanup] = await join(options);
      return [client, server, cleanup];
    },
    () => join(),
  );
}

transportContract("WebTransport over QUIC", connect, async () => {
  const forwarder = new UdpForwarder();
  const silence = { maxIdleTimeout: 250, keepAliveInterval: 50 };
  const [client, server, cleanup] = await connect(silence, forwarder);
  return [client, server, async () => {
    await cleanup();
    await forwarder.close();
  }, () => forwarder.cut()];
});

async function connect(
  options: ConnectOptions & QuicTransportOptions = {},
  forwarder?: UdpForwarder,
): Promise<Connected> {
  const listener = listenQuic({
    ...withOwnStreams(options),
    endpoint: openEndpoint("127.0.0.1", 0),
    certificate,
    alpnProtocols: ["h3", "moqt-18"],
  });
  const { port } = listener.address;
  const rawClient = await dialQuic({
    ...withOwnStreams(options),
    hostname: "127.0.0.1",
    port: forwarder?.to(port) ?? port,
    serverName: "localhost",
    alpnProtocols: ["h3"],
    caCerts: [certificate.certificate],
  });
  const rawServer = await listener.accept();
  assert(rawServer !== undefined);
  const [client, server] = await shake(rawClient, rawServer);
  return [client, server, async () => {
    await end(client, server);
    listener.close(0, "");
    await Promise.all([rawClient.closed, rawServer.closed]);
  }];
}

/** HTTP/3 needs a stream of each kind for itself: its control stream and the one of the session. */
function withOwnStreams<T extends ConnectOptions>(options: T): T {
  const { maxUniStreams, maxBidiStreams } = options;
  return {
    ...options,
    ...(maxUniStreams !== undefined && { maxUniStreams: maxUniStreams + 1 }),
    ...(maxBidiStreams !== undefined && { maxBidiStreams: maxBidiStreams + 1 }),
  };
}

function shake(rawClient: Connection, rawServer: Connection): Promise<[Connection, Connection]> {
  const clock = systemClock;
  const protocols = ["moqt-18"];
  return Promise.all([
    connectWebTransport(rawClient, { authority: "localhost", path: "/", protocols, clock }),
    acceptWebTransport(rawServer, { allowOrigin: () => true, protocols, clock }),
  ]);
}

async function end(client: Connection, server: Connection): Promise<void> {
  client.close(0, "");
  await Promise.all([client.closed, server.closed]);
}
