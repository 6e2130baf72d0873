/**
 * What every client under test can do, whatever library and transport it is made of. Tests that are
 * about the relay speak this; tests that are about one library use the library.
 */
export interface Peer {
  /** Announces a namespace, written with slashes, and offers these tracks in it. */
  publish(path: string, tracks: readonly string[]): Promise<Publication>;
  /** Subscribes to a track as the library does by itself. */
  watch(path: string, track: string): Promise<Watch>;
  /** Resolves when it was told that this namespace is there. */
  announced(path: string): Promise<void>;
  /** Resolves when it was told that this namespace, which was there, is no more. */
  withdrawn(path: string): Promise<void>;
  /** Leaves, and everything it published with it. */
  close(): Promise<void>;
}

/** A namespace that a peer publishes. */
export interface Publication {
  /** Starts the next group of a track: 0, 1, 2, and so on. */
  startGroup(track: string): Promise<PublishedGroup>;
  /** Resolves when somebody is subscribed to the track. */
  subscribed(track: string): Promise<void>;
  /** Resolves when nobody is subscribed to the track. */
  unsubscribed(track: string): Promise<void>;
  /** Ends every track and takes the namespace back. */
  end(): Promise<void>;
}

/** A publication of a library that can send datagrams. */
export interface DatagramPublication extends Publication {
  /** Sends the next group of a track as one object in a datagram, and yields its number. */
  sendDatagram(track: string, payload: Uint8Array): Promise<number>;
}

/** A group that is being written: its objects are 0, 1, 2, and so on. */
export interface PublishedGroup {
  readonly id: number;
  write(payload: Uint8Array): Promise<void>;
  end(): Promise<void>;
}

/** A track that a peer is subscribed to. */
export interface Watch {
  /** The next object in the order of arrival, or undefined when the track has ended. */
  next(): Promise<WatchedObject | undefined>;
  /** Unsubscribes. */
  stop(): Promise<void>;
}

/** An object as it arrived. */
export interface WatchedObject {
  readonly group: number;
  readonly object: number;
  readonly payload: Uint8Array;
}
