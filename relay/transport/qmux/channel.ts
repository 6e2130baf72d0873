/** A record to send: its parts are joined by whoever sends it. */
export interface OutgoingRecord {
  readonly parts: readonly Uint8Array[];
  /** The length of the parts together. */
  readonly length: number;
}

/** How a channel ended. */
export interface ChannelEnd {
  /** Whether the peer said that it ends the channel, which networks do not. */
  readonly byPeer: boolean;
  readonly reason: string;
}

/** What a channel tells its connection. */
export interface ChannelEvents {
  /** A record that arrived. Its memory is valid during the call only. */
  onRecord(record: Uint8Array): void;
  /** Something arrived that is no record: the peer is there. */
  onSign(): void;
  /** The peer breaks the rules of the channel, or sends more than it may. */
  onViolation(reason: string): void;
  /** The channel has ended; called once, and nothing afterwards. */
  onEnd(end: ChannelEnd): void;
}

/** Carries records in both directions, whole and in order. */
export interface RecordChannel {
  /** From now on events arrive, those that waited as well. */
  listen(events: ChannelEvents): void;
  /** Resolves when the channel can take more. Rejects when it has ended. */
  send(records: readonly OutgoingRecord[]): Promise<void>;
  /** Asks the peer for a sign of life. */
  probe(): void;
  /** Ends the channel once everything was sent. */
  end(): void;
  /** Ends the channel at once. */
  destroy(): void;
}
