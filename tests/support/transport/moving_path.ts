/** Where packets of one client leave from, and where they go to. */
export interface PathEnds {
  /** The client's address. */
  readonly source: string;
  readonly target: Deno.NetAddr;
}

/**
 * Carries the packets of one QUIC client, as a NAT does: from a port of its own, which it may change
 * while the client goes on.
 */
export class MovingPath implements Disposable {
  readonly #ends: PathEnds;
  readonly #front = Deno.listenDatagram({ hostname: "127.0.0.1", port: 0, transport: "udp" });
  #back: Deno.DatagramConn;
  #client: Deno.Addr | undefined;

  constructor(ends: PathEnds) {
    this.#ends = ends;
    this.#back = this.#open();
    void this.#forth();
  }

  /** Where the client sends what is meant for the other end. */
  get port(): number {
    return (this.#front.addr as Deno.NetAddr).port;
  }

  /** The port that the other end sees. */
  get seenPort(): number {
    return (this.#back.addr as Deno.NetAddr).port;
  }

  /** From now on packets leave from another port, and what comes to the former one is lost. */
  move(): void {
    const former = this.#back;
    this.#back = this.#open();
    former.close();
  }

  [Symbol.dispose](): void {
    this.#front.close();
    this.#back.close();
  }

  #open(): Deno.DatagramConn {
    const back = Deno.listenDatagram({ hostname: this.#ends.source, port: 0, transport: "udp" });
    void this.#fro(back);
    return back;
  }

  async #forth(): Promise<void> {
    for await (const [packet, from] of this.#front) {
      this.#client = from;
      // One that is lost comes again.
      await this.#back.send(packet, this.#ends.target).catch(() => {});
    }
  }

  async #fro(back: Deno.DatagramConn): Promise<void> {
    for await (const [packet] of back) {
      if (this.#client !== undefined) await this.#front.send(packet, this.#client).catch(() => {});
    }
  }
}
