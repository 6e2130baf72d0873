import type { Clock } from "@qumo/shared/runtime";
import { NoCommonProtocol, TransportError } from "../errors.ts";
import { HANDSHAKE_TIMEOUT } from "../limits.ts";
import { QmuxConnection, type QmuxLimits } from "../qmux/connection.ts";
import type { ByteStream, UpgradeRequest } from "./byte_stream.ts";
import { WebSocketChannel } from "./channel.ts";
import {
  encodeRefusal,
  encodeWelcome,
  judgeUpgrade,
  type UpgradePolicy,
  type UpgradeRefusal,
} from "./handshake.ts";

/** Options of {@linkcode acceptWebSocket}. */
export interface AcceptOptions extends UpgradePolicy {
  readonly limits: QmuxLimits;
  readonly clock: Clock;
  /** Milliseconds. */
  readonly handshakeTimeout?: number;
  /** Called with the connection that is being opened, to watch or end it. */
  readonly onConnection: (connection: QmuxConnection) => void;
}

/**
 * Accepts the WebSocket of a client whose request was read. Resolves when the client has declared
 * its transport parameters. Rejects with a `handshake` {@linkcode TransportError} that has the reason
 * in one line; the client has been answered and the stream ended then.
 */
export async function acceptWebSocket(
  request: UpgradeRequest,
  stream: ByteStream,
  options: AcceptOptions,
): Promise<QmuxConnection> {
  const judged = judgeUpgrade(request, options);
  if (!judged.ok) {
    refuseUpgrade(stream, judged.refusal);
    const { reason, isProtocol } = judged.refusal;
    throw isProtocol ? new NoCommonProtocol(reason) : new TransportError("handshake", 0, reason);
  }
  const { path, authority, protocol, version } = judged.value;
  const welcome = await encodeWelcome(judged.value);
  stream.write(welcome).catch(() => {});
  const { limits, clock, handshakeTimeout: timeout = HANDSHAKE_TIMEOUT } = options;
  const { remoteAddress } = request;
  const channel = new WebSocketChannel(stream);
  const connection = new QmuxConnection({
    channel,
    role: "server",
    version,
    protocol,
    path,
    authority,
    remoteAddress,
    limits,
    clock,
  });
  options.onConnection(connection);
  const timer = clock.after(timeout, () => {
    connection.close(0, `the handshake took longer than ${timeout} ms`);
  });
  try {
    await connection.ready;
    return connection;
  } catch {
    const { reason } = await connection.closed;
    throw new TransportError("handshake", 0, reason);
  } finally {
    timer.cancel();
  }
}

/** Answers a request with a refusal, and ends its connection. */
export function refuseUpgrade(stream: ByteStream, refusal: UpgradeRefusal): void {
  stream.write(encodeRefusal(refusal)).catch(() => {});
  stream.end();
}
