import { type Clock, systemClock } from "@qumo/shared/runtime";
import {
  QmuxConnection,
  type QmuxLimits,
  type QmuxVersion,
} from "../../../relay/transport/qmux/connection.ts";
import { type MemoryChannel, recordChannels } from "./record_channels.ts";

/** What a pair is made of. */
export interface QmuxPairOptions {
  readonly version?: QmuxVersion;
  readonly limits?: Partial<QmuxLimits>;
  readonly clock?: Clock;
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
export async function qmuxPair(options: QmuxPairOptions = {}): Promise<[QmuxEnd, QmuxEnd]> {
  const channels = recordChannels();
  const ends = (["client", "server"] as const).map((role, at) => {
    const channel = channels[at]!;
    return { channel, connection: qmuxEnd(channel, role, options) };
  });
  await Promise.all(ends.map(({ connection }) => connection.ready));
  return ends as [QmuxEnd, QmuxEnd];
}

/** One end of a connection over a channel. */
export function qmuxEnd(
  channel: MemoryChannel,
  role: "client" | "server",
  { version = "qmux-02", limits = {}, clock = systemClock }: QmuxPairOptions = {},
): QmuxConnection {
  return new QmuxConnection({
    channel,
    role,
    version,
    protocol: "moqt-18",
    path: "/live?a=b",
    authority: "localhost",
    remoteAddress: `memory:${role}`,
    limits: { ...QMUX_LIMITS, ...limits },
    clock,
  });
}
