import { joinBytes, systemClock } from "@qumo/shared/runtime";
import type {
  ChannelEvents,
  OutgoingRecord,
  RecordChannel,
} from "../../../relay/transport/qmux/channel.ts";
import {
  QmuxConnection,
  type QmuxLimits,
  type QmuxParts,
} from "../../../relay/transport/qmux/connection.ts";

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
  const one = new MemoryChannel();
  const other = new MemoryChannel(one);
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

/** One end of a channel in memory: what is sent arrives in the next turn. */
export class MemoryChannel implements RecordChannel {
  /** Everything that was sent from here, as far as the other end has it. */
  readonly sent: Uint8Array[] = [];
  /** Whether a probe is answered, as it is in most cases. */
  answersProbes = true;
  #peer!: MemoryChannel;
  #events!: ChannelEvents;
  #isCut = false;
  #isOver = false;
  #held: PromiseWithResolvers<void> | undefined;

  /** The other end of that one, if there is one. */
  constructor(peer?: MemoryChannel) {
    if (peer !== undefined) [this.#peer, peer.#peer] = [peer, this];
  }

  listen(events: ChannelEvents): void {
    this.#events = events;
  }

  async send(records: readonly OutgoingRecord[]): Promise<void> {
    const bytes = records.map(({ parts }) => joinBytes([...parts]));
    await this.#held?.promise;
    if (this.#isOver) throw new Error("The channel has ended");
    await Promise.resolve();
    for (const record of bytes) {
      this.sent.push(record);
      this.inject(record);
    }
  }

  /** Puts bytes on the line as they are. */
  inject(record: Uint8Array): void {
    this.#peer.#tell((events) => events.onRecord(record));
  }

  probe(): void {
    this.#peer.#tell((events) => events.onSign());
    if (this.#peer.answersProbes) this.#tell((events) => events.onSign());
  }

  end(): void {
    // Behind what is under way.
    queueMicrotask(() =>
      queueMicrotask(() => {
        for (const end of [this.#peer, this]) {
          end.#tell((events) => events.onEnd({ byPeer: true, reason: "" }));
        }
        this.#isOver = true;
      })
    );
  }

  destroy(): void {
    this.#isOver = true;
  }

  /** Takes nothing from now on, like a peer that does not read. */
  hold(): void {
    this.#held = Promise.withResolvers();
  }

  /** Takes what was held. */
  letGo(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  /** Nothing arrives any more, in either direction. */
  cut(): void {
    this.#isCut = this.#peer.#isCut = true;
  }

  #tell(tell: (events: ChannelEvents) => void): void {
    if (!this.#isCut && !this.#isOver) tell(this.#events);
  }
}
