import type { Connection } from "../../../relay/transport/mod.ts";

/** Two ends of one connection, and how to be rid of both. */
export type Connected = [client: Connection, server: Connection, cleanup: () => Promise<void>];

/** What a test wants of its connection; nothing said is the transport's own way. */
export interface ConnectOptions {
  /** Streams each side lets the other have open. */
  readonly maxUniStreams?: number;
  readonly maxBidiStreams?: number;
}

/** Makes a fresh connection for each test. */
export type Connect = (options?: ConnectOptions) => Promise<Connected>;

/** Makes a connection whose network can be cut, and cuts it: from then on nothing arrives. */
export type ConnectLosable = () => Promise<[...Connected, cut: () => void]>;

/** Registers one test over one connection. */
export type Contract = (
  title: string,
  body: (client: Connection, server: Connection) => Promise<void>,
  options?: ConnectOptions,
) => void;
