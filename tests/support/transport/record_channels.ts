import type {
  ChannelEvents,
  OutgoingRecord,
  RecordChannel,
} from "../../../relay/transport/qmux/channel.ts";
import { concat } from "../concat.ts";

/** Two ends of a channel in memory. */
export function recordChannels(): [MemoryChannel, MemoryChannel] {
  const one = new MemoryChannel();
  return [one, new MemoryChannel(one)];
}

/** One end of {@linkcode recordChannels}: what is sent arrives in the next turn. */
export class MemoryChannel implements RecordChannel {
  /** Everything that was sent from here, as far as the other end has it. */
  readonly sent: Uint8Array[] = [];
  /** Whether a probe is answered, as it is in most cases. */
  answersProbes = true;
  #peer!: MemoryChannel;
  #events: ChannelEvents | undefined;
  #early: ((events: ChannelEvents) => void)[] = [];
  #isCut = false;
  #isOver = false;
  #held: PromiseWithResolvers<void> | undefined;

  constructor(peer?: MemoryChannel) {
    if (peer !== undefined) [this.#peer, peer.#peer] = [peer, this];
  }

  listen(events: ChannelEvents): void {
    this.#events = events;
    for (const tell of this.#early.splice(0)) tell(events);
  }

  async send(records: readonly OutgoingRecord[]): Promise<void> {
    const bytes = records.map(({ parts }) => concat([...parts]));
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
    if (this.#isCut || this.#isOver) return;
    if (this.#events === undefined) this.#early.push(tell);
    else tell(this.#events);
  }
}
