import { TaskGroup } from "@qumo/shared/runtime";

/** Carries TCP connections to one port of this machine, until it is cut or loses everything. */
export class TcpLink implements AsyncDisposable {
  readonly #listener: Deno.TcpListener;
  readonly #port: number;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #tasks = new TaskGroup(() => {});
  #isWhole = true;
  // What bytes wait for.
  #stall: PromiseWithResolvers<void> | undefined;
  /** What carries connections now, and whether it still does. */
  #line = { isDead: false };

  /** Leads to `port`; listens where it is said, or anywhere. */
  constructor(port: number, at = 0) {
    this.#listener = Deno.listen({ hostname: "127.0.0.1", port: at });
    this.#port = port;
    this.#tasks.spawn("listener", () => this.#accept());
  }

  /** What to call instead of the other end. */
  get url(): string {
    return `http://127.0.0.1:${this.#listener.addr.port}`;
  }

  /** Ends every connection, and every new one as it comes. */
  cut(): void {
    this.#isWhole = false;
    for (const connection of this.#connections) close(connection);
  }

  /** From now on bytes wait, and neither end of a connection is told. */
  stall(): void {
    this.#stall ??= Promise.withResolvers();
  }

  /**
   * From now on everything is lost, on new connections too, and no end is told. These connections
   * never go on, as when TCP waits for long.
   */
  lose(): void {
    this.#line.isDead = true;
  }

  /** From now on new connections, and bytes that were not lost, go through again. */
  restore(): void {
    this.#isWhole = true;
    this.#line = { isDead: false };
    this.#stall?.resolve();
    this.#stall = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.restore();
    this.cut();
    this.#listener.close();
    await this.#tasks.close();
  }

  async #accept(): Promise<void> {
    for await (const near of this.#listener) {
      if (this.#isWhole) this.#tasks.spawn("connection", () => this.#join(near));
      else close(near);
    }
  }

  async #join(near: Deno.TcpConn): Promise<void> {
    this.#connections.add(near);
    const far = await Deno.connect({ hostname: "127.0.0.1", port: this.#port }).catch(() => {});
    if (far === undefined) return close(near);
    this.#connections.add(far);
    if (!this.#isWhole) this.cut();
    await Promise.all([this.#carry(near, far), this.#carry(far, near)]);
    for (const connection of [near, far]) {
      close(connection);
      this.#connections.delete(connection);
    }
  }

  async #carry(from: Deno.TcpConn, to: Deno.TcpConn): Promise<void> {
    const line = this.#line;
    const waiting = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform: async (bytes, controller) => {
        await this.#stall?.promise;
        if (!line.isDead) controller.enqueue(bytes);
      },
    });
    await from.readable.pipeThrough(waiting).pipeTo(to.writable).catch(() => close(to));
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It was closed before.
  }
}
