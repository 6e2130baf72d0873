import assert from "node:assert/strict";
import type { Connected, ConnectOptions } from "./transport/contract.ts";
import { transportContract } from "./transport.ts";
import type { QmuxLimits } from "../../relay/transport/qmux/connection.ts";
import { qmuxPair } from "../support/transport/qmux_pair.ts";
import { connectWebSocket } from "../support/transport/websocket_client.ts";
import { startWebSocketServer } from "../support/transport/websocket_server.ts";

const SILENCE = { maxIdleTimeout: 250, keepAliveInterval: 50 };

for (const version of ["qmux-02", "qmux-01"] as const) {
  const join = async (options: ConnectOptions & Partial<QmuxLimits> = {}) => {
    const [client, server] = await qmuxPair({ version, limits: options });
    const cleanup = async () => {
      client.connection.close(0, "");
      server.connection.close(0, "");
      await Promise.all([client.connection.closed, server.connection.closed]);
    };
    return { client, server, cleanup };
  };
  transportContract(`${version} over memory`, async (options) => {
    const { client, server, cleanup } = await join(options);
    return [client.connection, server.connection, cleanup];
  }, async () => {
    const { client, server, cleanup } = await join(SILENCE);
    return [client.connection, server.connection, cleanup, () => client.channel.cut()];
  });
}

for (const scheme of ["ws", "wss"]) {
  const join = async (
    options: ConnectOptions & Partial<QmuxLimits> = {},
  ): Promise<[...Connected, () => void]> => {
    const started = startWebSocketServer(options);
    const { port, certificate } = started;
    const caCert = scheme === "wss" ? certificate.certificate : undefined;
    const target = { port, path: "/live", ...(caCert !== undefined && { caCert }) };
    const { connection: client, socket } = await connectWebSocket(target, options);
    const server = await started.listener.accept();
    assert(server !== undefined);
    const cleanup = async () => {
      client.close(0, "");
      await Promise.all([client.closed, server.closed]);
      await started[Symbol.asyncDispose]();
    };
    return [client, server, cleanup, () => socket.pause()];
  };
  transportContract(`WebSocket (${scheme})`, async (options) => {
    const [client, server, cleanup] = await join(options);
    return [client, server, cleanup];
  }, () => join(SILENCE));
}
