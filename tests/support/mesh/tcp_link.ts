/** Carries TCP connections to one port of this machine, until it is cut. */
export class TcpLink implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #port: number;
  readonly #connections = new Set<Deno.TcpConn>();
  readonly #work = new Set<Promise<unknown>>();
  #isWhole = true;

  constructor(port: number) {
    this.#port = port;
    this.#run(this.#accept());
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

  /** From now on connections go through again. */
  restore(): void {
    this.#isWhole = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#listener.close();
    while (this.#work.size > 0) await Promise.all(this.#work);
  }

  async #accept(): Promise<void> {
    for await (const near of this.#listener) {
      if (this.#isWhole) this.#run(this.#join(near));
      else close(near);
    }
  }

  async #join(near: Deno.TcpConn): Promise<void> {
    this.#connections.add(near);
    const far = await Deno.connect({ hostname: "127.0.0.1", port: this.#port }).catch(() => {});
    if (far === undefined) return close(near);
    this.#connections.add(far);
    if (!this.#isWhole) this.cut();
    await Promise.all([
      near.readable.pipeTo(far.writable).catch(() => close(far)),
      far.readable.pipeTo(near.writable).catch(() => close(near)),
    ]);
    for (const connection of [near, far]) {
      close(connection);
      this.#connections.delete(connection);
    }
  }

  #run(work: Promise<void>): void {
    const kept = work.catch(() => {}).finally(() => this.#work.delete(kept));
    this.#work.add(kept);
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It was closed before.
  }
}
