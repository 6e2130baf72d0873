/** Carries UDP packets between one client and one port of this machine, until it is cut. */
export class UdpForwarder {
  readonly #socket = Deno.listenDatagram({ hostname: "127.0.0.1", port: 0, transport: "udp" });
  readonly #done: Promise<void>;
  #target: Deno.NetAddr | undefined;
  #client: Deno.Addr | undefined;
  #whole = true;

  constructor() {
    this.#done = this.#carry();
  }

  /** Where to send what is meant for `port`. */
  to(port: number): number {
    this.#target = { transport: "udp", hostname: "127.0.0.1", port };
    return (this.#socket.addr as Deno.NetAddr).port;
  }

  /** From now on nothing arrives. */
  cut(): void {
    this.#whole = false;
  }

  close(): Promise<void> {
    this.#socket.close();
    return this.#done;
  }

  async #carry(): Promise<void> {
    for await (const [packet, from] of this.#socket) {
      const target = this.#target;
      if (!this.#whole || target === undefined) continue;
      const fromTarget = (from as Deno.NetAddr).port === target.port;
      if (!fromTarget) this.#client = from;
      const to = fromTarget ? this.#client : target;
      if (to !== undefined) await this.#socket.send(packet, to);
    }
  }
}
