import { sleep, systemClock, TaskGroup } from "@qumo/shared/runtime";
import { Random } from "../random.ts";

/** How a link treats what it carries. */
export interface LinkConditions {
  /** Milliseconds that each packet takes, in each direction. */
  readonly delayMs: number;
  /** Packets of a hundred that do not arrive. */
  readonly lossPercent: number;
}

const PERFECT: LinkConditions = { delayMs: 0, lossPercent: 0 };

/**
 * Carries UDP packets between many clients and one port of this machine, as well as it is told to.
 * Both ends keep running while the link between them is cut.
 */
export class UdpLink implements AsyncDisposable {
  readonly #front = Deno.listenDatagram({ hostname: "127.0.0.1", port: 0, transport: "udp" });
  readonly #target: Deno.NetAddr;
  readonly #random = new Random(1);
  readonly #source: string;
  // A socket for each client, so that the answers find their way back.
  readonly #backs = new Map<number, Deno.DatagramConn>();
  // Nobody listens there any more, or the socket was closed: the packet is lost, as packets are.
  readonly #tasks = new TaskGroup(() => {});
  #conditions = PERFECT;
  #isWhole = true;
  /** Called with the size of every packet that is carried back to a client. */
  onAnswer: (bytes: number) => void = () => {};

  /** Leads to `port`, from one address of this machine to another. Losses are the same each time. */
  constructor(port: number, { source = "127.0.0.1", target = "127.0.0.1" } = {}) {
    this.#target = { transport: "udp", hostname: target, port };
    this.#source = source;
    this.#loop(this.#front, (packet, from) => this.#forth(packet, from));
  }

  /** Where to send what is meant for the other end. */
  get port(): number {
    return (this.#front.addr as Deno.NetAddr).port;
  }

  /** The port that the other end sees of the first client. */
  get seenPort(): number | undefined {
    const [back] = this.#backs.values();
    return (back?.addr as Deno.NetAddr | undefined)?.port;
  }

  /** From now on packets leave from other ports, as behind a NAT, and what comes to the former is lost. */
  move(): void {
    for (const back of this.#backs.values()) back.close();
    this.#backs.clear();
  }

  /** From now on nothing arrives. */
  cut(): void {
    this.#isWhole = false;
  }

  /** From now on everything arrives again. */
  restore(): void {
    this.#isWhole = true;
  }

  /** What is true of packets that come from now on. */
  set(conditions: Partial<LinkConditions>): void {
    this.#conditions = { ...this.#conditions, ...conditions };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const over = this.#tasks.close();
    for (const socket of [this.#front, ...this.#backs.values()]) socket.close();
    await over;
  }

  #forth(packet: Uint8Array<ArrayBuffer>, from: Deno.NetAddr): void {
    let back = this.#backs.get(from.port);
    if (back === undefined) {
      back = Deno.listenDatagram({ hostname: this.#source, port: 0, transport: "udp" });
      this.#backs.set(from.port, back);
      this.#loop(back, (answer) => {
        if (this.#isWhole) this.onAnswer(answer.length);
        this.#carry(this.#front, answer, from);
      });
    }
    this.#carry(back, packet, this.#target);
  }

  #carry(socket: Deno.DatagramConn, packet: Uint8Array<ArrayBuffer>, to: Deno.NetAddr): void {
    const { delayMs, lossPercent } = this.#conditions;
    if (!this.#isWhole || this.#random.percent(lossPercent)) return;
    this.#tasks.spawn("packet", async (signal) => {
      if (delayMs > 0) await sleep(systemClock, delayMs, signal);
      if (!signal.aborted) await socket.send(packet, to);
    });
  }

  #loop(
    socket: Deno.DatagramConn,
    take: (packet: Uint8Array<ArrayBuffer>, from: Deno.NetAddr) => void,
  ): void {
    this.#tasks.spawn("socket", async (signal) => {
      while (!signal.aborted) {
        try {
          const [packet, from] = await socket.receive();
          take(packet as Uint8Array<ArrayBuffer>, from as Deno.NetAddr);
        } catch (error) {
          // Linux reports here that a packet sent earlier found nobody.
          if (!(error instanceof Deno.errors.ConnectionRefused)) return;
        }
      }
    });
  }
}
