import { type Clock, sleep, type Timer } from "@qumo/shared/runtime";
import type { Connection } from "../../../relay/transport/mod.ts";
import { type MemoryConnection, memoryPair } from "../transport/memory_connection.ts";

/** A program that can be called. */
export interface Host {
  readonly name: string;
  /** Its own time. */
  readonly clock: Clock;
  /** How it stands: one that is frozen is there and does nothing; of one that is dead nothing is. */
  readonly state: "alive" | "frozen" | "dead";
  accept(connection: Connection): void;
}

/** What becomes of calls where the way is blocked. */
export type Blockage = "refuses" | "swallows";

interface Line {
  readonly ends: readonly [Host, Host];
  readonly client: MemoryConnection;
  silence: Timer | undefined;
}

/** Milliseconds after which a caller gives up. */
const HANDSHAKE_MS = 3_000;

/** Milliseconds of silence after which QUIC itself gives a connection up. */
const IDLE_MS = 10_000;

/** The lines between programs: what is sent over one that is blocked waits, and nobody is told. */
export class Network {
  readonly #clock: Clock;
  readonly #latency: number;
  readonly #lines = new Set<Line>();
  readonly #blocked = new Map<string, Blockage>();

  constructor(clock: Clock, latency: number) {
    this.#clock = clock;
    this.#latency = latency;
  }

  /** How many connections there are. */
  get open(): number {
    return this.#lines.size;
  }

  /** A connection from one program to another; rejects when none comes about. */
  async dial(from: Host, to: () => Host | undefined): Promise<Connection> {
    await sleep(from.clock, 2 * this.#latency);
    const host = to();
    const answer = this.#answer(from, host);
    if (answer === undefined) await sleep(from.clock, HANDSHAKE_MS - 2 * this.#latency);
    if (answer !== true) throw new Error("nobody answers");
    return this.#connect(from, host!);
  }

  /** Nothing passes between two programs any more. */
  block(a: string, b: string, blockage: Blockage): void {
    this.#blocked.set(pairOf(a, b), blockage);
    this.review();
  }

  unblock(a: string, b: string): void {
    this.#blocked.delete(pairOf(a, b));
    this.review();
  }

  /** Whether nothing passes between two programs. */
  isBlocked(a: string, b: string): boolean {
    return this.#blocked.has(pairOf(a, b));
  }

  /** Brings every line to what its ends and the way between them allow. */
  review(): void {
    for (const line of [...this.#lines]) this.#reviewLine(line);
  }

  #reviewLine(line: Line): void {
    const [a, b] = line.ends;
    const isOpen = a.state === "alive" && b.state === "alive" && !this.isBlocked(a.name, b.name);
    if (isOpen) {
      line.silence?.cancel();
      line.silence = undefined;
      return line.client.thaw();
    }
    line.client.freeze();
    line.silence ??= this.#clock.after(IDLE_MS, () => line.client.sever());
  }

  /** Whether a call is answered; undefined when the caller never hears. */
  #answer(from: Host, to: Host | undefined): boolean | undefined {
    if (to === undefined || to.state === "dead") return false;
    const blockage = this.#blocked.get(pairOf(from.name, to.name));
    if (blockage === "refuses") return false;
    return blockage === "swallows" || to.state === "frozen" ? undefined : true;
  }

  #connect(from: Host, to: Host): Connection {
    const clock = this.#clock;
    const [client, server] = memoryPair({ clock, latency: this.#latency, canReset: false });
    const line: Line = { ends: [from, to], client, silence: undefined };
    this.#lines.add(line);
    void Promise.all([client.closed, server.closed]).then(() => {
      line.silence?.cancel();
      this.#lines.delete(line);
    });
    to.accept(server);
    return client;
  }
}

function pairOf(a: string, b: string): string {
  return a < b ? `${a} ${b}` : `${b} ${a}`;
}
