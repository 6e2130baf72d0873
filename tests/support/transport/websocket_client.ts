import * as http from "node:http";
import * as https from "node:https";
import { systemClock } from "@qumo/shared/runtime";
import { UpgradedStream } from "../../../shared/http/upgrade.ts";
import type {
  QmuxConnection,
  QmuxLimits,
  QmuxVersion,
} from "../../../relay/transport/qmux/connection.ts";
import { WebSocketChannel } from "../../../relay/transport/websocket/channel.ts";
import { qmuxEnd } from "./qmux_pair.ts";

/** Where and how a client opens a WebSocket. */
export interface WebSocketClientOptions {
  readonly port: number;
  /** The certificate that is trusted; plain TCP without one. */
  readonly caCert?: string;
  /** The offer, `qmux-02.moqt-18` when nothing is said. */
  readonly protocols?: readonly string[];
  readonly path?: string;
  /** Headers beside the usual ones, or in their place. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answer to a request for a WebSocket. */
export type UpgradeAnswer = Awaited<ReturnType<typeof requestWebSocket>>;

/** Asks for a WebSocket. The status is 0 where there was no answer. */
export async function requestWebSocket(
  { port, caCert, path = "/", protocols = ["qmux-02.moqt-18"], ...options }: WebSocketClientOptions,
) {
  const headers = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": protocols.join(", "),
    ...options.headers,
  };
  const target = { hostname: "127.0.0.1", port, path, headers, agent: false };
  const asked = caCert === undefined
    ? http.request(target)
    : https.request({ ...target, ca: caCert });
  const { promise, resolve } = Promise.withResolvers<[http.IncomingMessage?, Uint8Array?]>();
  asked.on("upgrade", (response, _socket, early) => resolve([response, early]));
  asked.on("response", (response) => resolve([response]));
  asked.on("error", () => resolve([]));
  asked.end();
  const [response, early = new Uint8Array()] = await promise;
  const socket = asked.socket!;
  return {
    status: response?.statusCode ?? 0,
    protocol: String(response?.headers["sec-websocket-protocol"] ?? ""),
    socket,
    stream: new UpgradedStream(socket, early, systemClock),
  };
}

/** Opens a WebSocket and speaks QMux over it. Rejects when it is refused. */
export async function connectWebSocket(
  options: WebSocketClientOptions,
  limits: Partial<QmuxLimits> = {},
): Promise<UpgradeAnswer & { readonly connection: QmuxConnection }> {
  const answer = await requestWebSocket(options);
  const { status, protocol, socket, stream } = answer;
  if (status !== 101) {
    stream.destroy();
    throw new Error(`The WebSocket was refused with ${status}`);
  }
  // As browsers do.
  socket.setNoDelay();
  // Any will do, as long as it is the same in every run.
  const mask = () => Uint8Array.of(0x1f, 0x2e, 0x3d, 0x4c);
  const [version, ...agreed] = protocol.split(".");
  const connection = qmuxEnd(new WebSocketChannel(stream, mask), "client", {
    version: version as QmuxVersion,
    protocol: agreed.join(".") || undefined,
    path: options.path ?? "/",
    authority: `127.0.0.1:${options.port}`,
    limits,
  });
  await connection.ready;
  return { ...answer, connection };
}
