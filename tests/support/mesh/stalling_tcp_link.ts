/** Carries TCP connections to one port of this machine, and nothing of them while it is cut: their ends do not notice. */
export class StallingTcpLink implements AsyncDisposable {
  readonly #front: Deno.TcpListener;
  readonly #target: number;
  readonly #sockets = new Set<Deno.TcpConn>();
  readonly #running: Promise<void>[] = [];
  #whole = Promise.withResolvers<void>();

  /** Listens at `port`, and leads to `target`. */
  constructor(port: number, target: number) {
    this.#front = Deno.listen({ hostname: "127.0.0.1", port });
    this.#target = target;
    this.#whole.resolve();
    this.#running.push(this.#accept());
  }

  /** From now on bytes wait. */
  cut(): void {
    this.#whole = Promise.withResolvers();
  }

  /** From now on they go on. */
  restore(): void {
    this.#whole.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#front.close();
    this.restore();
    for (const socket of this.#sockets) this.#end(socket);
    await Promise.all(this.#running);
  }

  async #accept(): Promise<void> {
    try {
      for await (const client of this.#front) this.#running.push(this.#join(client));
    } catch {
      // It was closed.
    }
  }

  async #join(client: Deno.TcpConn): Promise<void> {
    this.#sockets.add(client);
    try {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#target });
      this.#sockets.add(server);
      await Promise.all([this.#carry(client, server), this.#carry(server, client)]);
    } catch {
      this.#end(client);
    }
  }

  async #carry(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const bytes = new Uint8Array(16_384);
    try {
      for (let count = await from.read(bytes); count !== null; count = await from.read(bytes)) {
        await this.#whole.promise;
        for (let at = 0; at < count;) at += await to.write(bytes.subarray(at, count));
      }
    } catch {
      // One of them has left.
    }
    this.#end(from);
    this.#end(to);
  }

  #end(socket: Deno.TcpConn): void {
    if (!this.#sockets.delete(socket)) return;
    socket.close();
  }
}
