/** What a stream of bytes tells its user. */
export interface ByteEvents {
  /** Bytes have arrived; the receiver may keep and change them. */
  onBytes(bytes: Uint8Array): void;
  /** The stream has ended or failed; called once, and nothing afterwards. */
  onEnd(reason: string): void;
}

/** A connection's bytes behind its HTTP request, with or without TLS. */
export interface ByteStream {
  /** From now on events arrive. */
  listen(events: ByteEvents): void;
  /** Resolves when the network can take more. Rejects when the stream has ended. */
  write(bytes: Uint8Array): Promise<void>;
  /** Ends the stream once everything was written. */
  end(): void;
  destroy(): void;
}

/** A request to upgrade an HTTP connection. */
export interface UpgradeRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  /** By names in lower case; repeated ones are joined with commas. */
  readonly headers: ReadonlyMap<string, string>;
  /** The client's address and port. */
  readonly remoteAddress: string;
  readonly isEncrypted: boolean;
}
