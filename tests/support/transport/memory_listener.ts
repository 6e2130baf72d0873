import { Queue } from "../../../relay/transport/queue.ts";
import type { BoundedListener, Code } from "../../../relay/transport/mod.ts";
import { type MemoryConnection, type MemoryOptions, memoryPair } from "./memory_connection.ts";

/** Where connections within one process arrive. */
export class MemoryListener implements BoundedListener {
  readonly address = { hostname: "memory", port: 0 };
  /** What it says of its connections. */
  unreadBytes = 0;
  readonly #arriving = new Queue<MemoryConnection>(Infinity);
  readonly #live = new Set<MemoryConnection>();
  #failure: Error | undefined;

  /** The client's end of a connection that arrives now. */
  connect(options: MemoryOptions = {}): MemoryConnection {
    const [client, server] = memoryPair(options);
    this.#live.add(server);
    this.#arriving.push(server);
    return client;
  }

  async accept(): Promise<MemoryConnection | undefined> {
    const connection = await this.#arriving.take();
    if (this.#failure !== undefined) throw this.#failure;
    return connection;
  }

  useCertificate(): void {}

  limitConnections(): void {}

  /** Nothing arrives any more, for this reason; those who are here stay. */
  fail(reason: string): void {
    this.#failure = new Error(reason);
    this.#arriving.close();
  }

  close(code: Code, reason: string): void {
    this.#arriving.close();
    for (const connection of this.#live) connection.close(code, reason);
  }
}
