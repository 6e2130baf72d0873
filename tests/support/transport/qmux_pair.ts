import { systemClock } from "@qumo/shared/runtime";
import type { RecordChannel } from "../../../relay/transport/qmux/channel.ts";
import {
  QmuxConnection,
  type QmuxLimits,
  type QmuxParts,
} from "../../../relay/transport/qmux/connection.ts";
import { type MemoryChannel, recordChannels } from "./record_channels.ts";

/** What a connection may be made of beside the usual. */
export interface QmuxOptions extends Partial<Omit<QmuxParts, "limits">> {
  readonly limits?: Partial<QmuxLimits>;
}

/** Limits of a relay, without its times. */
export const QMUX_LIMITS: QmuxLimits = {
  maxBidiStreams: 512,
  maxUniStreams: 512,
  keepAliveInterval: 4_000,
  maxIdleTimeout: 10_000,
};

/** One end of a connection, and its channel. */
export interface QmuxEnd {
  readonly connection: QmuxConnection;
  readonly channel: MemoryChannel;
}

/** A client and a server over a channel in memory. */
export async function qmuxPair(options: QmuxOptions = {}): Promise<[QmuxEnd, QmuxEnd]> {
  const [one, other] = recordChannels();
  const client = { channel: one, connection: qmuxEnd(one, "client", options) };
  const server = { channel: other, connection: qmuxEnd(other, "server", options) };
  await Promise.all([client.connection.ready, server.connection.ready]);
  return [client, server];
}

/** One end of a connection over a channel. */
export function qmuxEnd(
  channel: RecordChannel,
  role: "client" | "server",
  { limits, ...options }: QmuxOptions = {},
): QmuxConnection {
  return new QmuxConnection({
    version: "qmux-02",
    protocol: "moqt-18",
    path: "/live?a=b",
    authority: "localhost",
    remoteAddress: `memory:${role}`,
    clock: systemClock,
    ...options,
    channel,
    role,
    limits: { ...QMUX_LIMITS, ...limits },
  });
}
