import assert from "node:assert/strict";
import {
  dialQuic,
  generateCertificate,
  listenQuic,
  openEndpoint,
  type QuicTransportOptions,
} from "../../relay/transport/mod.ts";
import type { Connected, ConnectOptions } from "./transport/contract.ts";
import { transportContract } from "./transport.ts";
import { UdpForwarder } from "./transport/udp_forwarder.ts";

const certificate = await generateCertificate(["localhost"]);

transportContract("raw QUIC", connect, async () => {
  const forwarder = new UdpForwarder();
  const silence = { maxIdleTimeout: 1000, keepAliveInterval: 200 };
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
    ...options,
    endpoint: openEndpoint("127.0.0.1", 0),
    certificate,
    alpnProtocols: ["h3", "moqt-18"],
  });
  const { port } = listener.address;
  const client = await dialQuic({
    ...options,
    hostname: "127.0.0.1",
    port: forwarder?.to(port) ?? port,
    serverName: "localhost",
    alpnProtocols: ["moqt-18"],
    caCerts: [certificate.certificate],
  });
  const server = await listener.accept();
  assert(server !== undefined);
  return [client, server, async () => {
    client.close(0, "");
    listener.close(0, "");
    await Promise.all([client.closed, server.closed]);
  }];
}
