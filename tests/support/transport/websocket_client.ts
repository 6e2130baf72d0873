import { type Clock, systemClock } from "@qumo/shared/runtime";
import {
  QmuxConnection,
  type QmuxLimits,
  type QmuxVersion,
} from "../../../relay/transport/qmux/connection.ts";
import { WebSocketChannel } from "../../../relay/transport/websocket/channel.ts";
import { concat } from "../concat.ts";
import { Random } from "../random.ts";
import { QMUX_LIMITS } from "./qmux_pair.ts";
import { TcpStream } from "./tcp_stream.ts";

/** Where and how a client opens a WebSocket. */
export interface WebSocketClientOptions {
  readonly port: number;
  readonly hostname?: string;
  /** The certificate that is trusted; plain TCP without one. */
  readonly caCert?: string;
  /** The offer, `qmux-02.moqt-18` when nothing is said. */
  readonly protocols?: readonly string[];
  readonly path?: string;
  /** Headers beside the usual ones, or in their place. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The answer to a request for a WebSocket. */
export interface UpgradeAnswer {
  readonly status: number;
  readonly head: string;
  /** What came behind the head. */
  readonly rest: Uint8Array;
  readonly conn: Deno.Conn;
}

/** Asks for a WebSocket. */
export async function requestWebSocket(options: WebSocketClientOptions): Promise<UpgradeAnswer> {
  const { port, hostname = "127.0.0.1", caCert, path = "/", headers = {} } = options;
  const { protocols = ["qmux-02.moqt-18"] } = options;
  const conn = await openTcp({ hostname, port, caCert });
  const fields = {
    Host: `${hostname}:${port}`,
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": protocols.join(", "),
    ...headers,
  };
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const bytes = new TextEncoder().encode(`GET ${path} HTTP/1.1\r\n${lines}\r\n`);
  for (let at = 0; at < bytes.length;) at += await conn.write(bytes.subarray(at));
  return await readAnswer(conn);
}

async function openTcp(
  { hostname, port, caCert }: { hostname: string; port: number; caCert: string | undefined },
): Promise<Deno.Conn> {
  const conn = await Deno.connect({ hostname, port });
  // As browsers do.
  conn.setNoDelay();
  if (caCert === undefined) return conn;
  return await Deno.startTls(conn, { hostname, caCerts: [caCert], alpnProtocols: ["http/1.1"] });
}

async function readAnswer(conn: Deno.Conn): Promise<UpgradeAnswer> {
  let bytes = new Uint8Array();
  for (;;) {
    const end = new TextDecoder("latin1").decode(bytes).indexOf("\r\n\r\n");
    if (end >= 0) {
      const head = new TextDecoder().decode(bytes.subarray(0, end));
      return { status: Number(head.split(" ")[1]), head, rest: bytes.slice(end + 4), conn };
    }
    const part = new Uint8Array(4096);
    const count = await conn.read(part);
    if (count === null) return { status: 0, head: "", rest: bytes, conn };
    bytes = concat([bytes, part.subarray(0, count)]);
  }
}

/** A client of a relay over WebSocket, and its TCP connection. */
export interface WebSocketClient {
  readonly connection: QmuxConnection;
  readonly stream: TcpStream;
}

/** Opens a WebSocket and speaks QMux over it. Rejects when it is refused. */
export async function connectWebSocket(
  options: WebSocketClientOptions,
  limits: Partial<QmuxLimits> = {},
  clock: Clock = systemClock,
): Promise<WebSocketClient> {
  const answer = await requestWebSocket(options);
  if (answer.status !== 101) {
    answer.conn.close();
    throw new Error(`The WebSocket was refused with ${answer.status}`);
  }
  const subprotocol = /^sec-websocket-protocol: (.*)$/im.exec(answer.head)?.[1] ?? "";
  const [version, ...protocol] = subprotocol.split(".");
  const stream = new TcpStream(answer.conn, answer.rest);
  const random = new Random(1);
  const mask = () => Uint8Array.from({ length: 4 }, () => random.next());
  const connection = new QmuxConnection({
    channel: new WebSocketChannel(stream, mask),
    role: "client",
    version: version as QmuxVersion,
    protocol: protocol.length === 0 ? undefined : protocol.join("."),
    path: options.path ?? "/",
    authority: `${options.hostname ?? "127.0.0.1"}:${options.port}`,
    remoteAddress: `127.0.0.1:${options.port}`,
    limits: { ...QMUX_LIMITS, ...limits },
    clock,
  });
  await connection.ready;
  return { connection, stream };
}
