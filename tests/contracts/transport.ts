import type { Connection } from "../../relay/transport/mod.ts";
import { datagramContract } from "./transport/datagrams.ts";
import { endingContract } from "./transport/endings.ts";
import { flowContract } from "./transport/flow.ts";
import { lossContract } from "./transport/loss.ts";
import { streamContract } from "./transport/streams.ts";

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

/**
 * What every transport must do, as tests in Deno's runner. Where a transport cannot (`canReset` is
 * false: Deno 2.9 has no call that sends RESET_STREAM, and its STOP_SENDING always carries 0) the
 * suite holds it to what the seam promises instead.
 */
export function transportContract(
  name: string,
  connect: Connect,
  connectLosable: ConnectLosable,
): void {
  const contract: Contract = (title, body, options) =>
    Deno.test(`${name}: ${title}`, async () => {
      const [client, server, cleanup] = await connect(options);
      try {
        await body(client, server);
      } finally {
        await cleanup();
      }
    });
  streamContract(contract);
  flowContract(contract);
  endingContract(contract);
  datagramContract(contract);
  lossContract(name, connectLosable);
}

/** Registers one test over one connection. */
export type Contract = (
  title: string,
  body: (client: Connection, server: Connection) => Promise<void>,
  options?: ConnectOptions,
) => void;
