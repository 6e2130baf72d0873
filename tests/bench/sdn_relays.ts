import { sleep, systemClock } from "@qumo/shared/runtime";
import { Random } from "../support/random.ts";
import { HttpConnection, putRequest } from "./sdn_load.ts";

const random = new Random(1);

const LINKS_PER_RELAY = 6;
/** The standard deviation of what relays measure from heartbeat to heartbeat, as a share of it. */
const NOISE = 0.05;
const BUFFER_BYTES = 64 * 1024;
/** Milliseconds after which a relay whose stream ended follows again, at most. */
const RETURN_MS = 800;
/** Bytes of a comment that says that a stream is still there, at most. */
const COMMENT_BYTES = 64;
/** Bytes of what is not compressed, and may have come in two parts. */
const MAX_SHORT = 1024;
const decoder = new TextDecoder("latin1");
const encoder = new TextEncoder();

/** What all relays of a crowd count together. */
export class CrowdCounts {
  /** Milliseconds that each heartbeat took. */
  beats: number[] = [];
  failures = 0;
  bytes = 0;
  /** Streams of events that ended. */
  lost = 0;
  /** Events of watchers, by name. */
  readonly events = new Map<string, number>();
  ready = 0;

  count(event: string): void {
    this.events.set(event, (this.events.get(event) ?? 0) + 1);
  }

  reset(): void {
    this.beats = [];
    this.failures = this.lost = this.bytes = 0;
    this.events.clear();
  }
}

/** What a relay of the crowd is made of. */
export interface BenchRelayOptions {
  readonly url: string;
  readonly number: number;
  readonly size: number;
  readonly announces: number;
  readonly counts: CrowdCounts;
  /** From which revision on it follows; undefined: with a snapshot. */
  readonly since: () => number | undefined;
  /** The namespaces whose announces it follows; absent: all announces. */
  readonly interests?: readonly string[];
  /** Called with each event that arrives and what stands behind it. */
  readonly heard: (event: string, rest: string) => void;
}

/** A relay as the controller sees it: heartbeats on one connection, a watch on another. */
export class BenchRelay {
  readonly name: string;
  readonly #options: BenchRelayOptions;
  readonly #neighbors: ReadonlyMap<string, number>;
  #seq = 0;
  #beating: HttpConnection | undefined;
  #watching: Deno.TcpConn | undefined;
  /** When it was last sent something, by `performance.now()`. */
  heardAt = 0;
  /** Neighbors whose link is reported as down. */
  readonly down = new Set<string>();
  isNoisy = false;
  #isOver = false;

  constructor(options: BenchRelayOptions) {
    this.#options = options;
    this.name = nameOf(options.number);
    this.#neighbors = neighborsOf(options.number, options.size);
  }

  get neighbors(): ReadonlyMap<string, number> {
    return this.#neighbors;
  }

  /** Sends one heartbeat; the first one lists its announces. */
  async beat(): Promise<void> {
    const { url, counts, number, announces } = this.#options;
    const vary = () => this.isNoisy ? 1 + NOISE * normal() : 1;
    const links = [...this.#neighbors].map(([to, cost]) => [to, {
      cost,
      rtt_ms: cost * vary(),
      up: !this.down.has(to),
    }]);
    const tracks = Array.from({ length: announces }, (_, i) => `live/studio-${number}/camera-${i}`);
    const request = putRequest(`/relay/${this.name}`, {
      region: "eu",
      address: `https://${this.name}.example:4433`,
      epoch: 1,
      seq: ++this.#seq,
      links: Object.fromEntries(links),
      load: { sessions: Math.round(400 * vary()), egress_bps: 4e8 * vary(), cpu: 0.5 * vary() },
      ...(this.#seq === 1 && { announces: tracks }),
    });
    const began = performance.now();
    try {
      this.#beating ??= await HttpConnection.open(url);
      await this.#beating.ask(request);
      counts.beats.push(performance.now() - began);
    } catch {
      counts.failures++;
      this.#beating?.[Symbol.dispose]();
      this.#beating = undefined;
    }
  }

  /**
   * Follows the controller, and again when its stream ends. It asks for gzip, as relays do, and
   * reads only what is so short that it is not compressed: to unpack everything here, for all, would
   * cost more than the controller has to do.
   */
  async watch(): Promise<void> {
    const { url, counts, heard, since } = this.#options;
    const { hostname, port } = new URL(url);
    const connection = this.#watching = await Deno.connect({ hostname, port: Number(port) });
    await connection.write(this.#watchRequest(since()));
    void this.#read(connection, (event, rest) => {
      counts.count(event);
      if (event === "ready") counts.ready++;
      heard(event, rest);
    });
  }

  #watchRequest(since: number | undefined): Uint8Array {
    const { interests } = this.#options;
    const scope = `graph,routes:${this.name}`;
    const host = "HTTP/1.1\r\nhost: 127.0.0.1\r\naccept-encoding: gzip\r\nprefer: keep-alive=1\r\n";
    if (interests === undefined) {
      const place = since === undefined ? "" : `&since=${since}`;
      const path = `/watch?scope=${encodeURIComponent(`${scope},announces`)}${place}`;
      return encoder.encode(`GET ${path} ${host}\r\n`);
    }
    const body = JSON.stringify({ scope, since, interests: { namespaces: interests } });
    return encoder.encode(`POST /watch ${host}content-length: ${body.length}\r\n\r\n${body}`);
  }

  /** Leaves without a word. */
  stop(): void {
    this.#isOver = true;
    this.leave();
    this.#beating?.[Symbol.dispose]();
    this.#beating = undefined;
  }

  /** Ends the watch. */
  leave(): void {
    this.#watching?.close();
    this.#watching = undefined;
  }

  async #read(connection: Deno.TcpConn, take: (event: string, rest: string) => void) {
    const { counts } = this.#options;
    const buffer = new Uint8Array(BUFFER_BYTES);
    let text = "";
    for (;;) {
      const read = await connection.read(buffer).catch(() => null);
      if (read === null) break;
      counts.bytes += read;
      if (read > COMMENT_BYTES) this.heardAt = performance.now();
      text += decoder.decode(buffer.subarray(0, read));
      let at = 0;
      for (const event of text.matchAll(/event: ([a-z_]+)\ndata: (.*)\n\n/g)) {
        take(event[1]!, event[2]!);
        at = event.index + event[0].length;
      }
      text = text.slice(Math.max(at, text.length - MAX_SHORT));
    }
    if (this.#watching !== connection) return;
    counts.lost++;
    connection.close();
    this.#watching = undefined;
    void this.#comeBack();
  }

  /** Follows again, as relays do: at a moment of its own. */
  async #comeBack(): Promise<void> {
    while (!this.#isOver && this.#watching === undefined) {
      await sleep(systemClock, RETURN_MS * random.below(1000) / 1000);
      await this.watch().catch(() => {});
    }
  }
}

/** A number of the normal distribution. */
function normal(): number {
  const [one, other] = [random.next() / 2 ** 32, random.next() / 2 ** 32];
  return Math.sqrt(-2 * Math.log(1 - one)) * Math.cos(2 * Math.PI * other);
}

function nameOf(number: number): string {
  return `relay-${number}`;
}

/** A ring with chords, the same seen from both ends: every relay has as many links. */
function neighborsOf(number: number, size: number): Map<string, number> {
  const found = new Map<string, number>();
  for (const step of [1, 7, 31].slice(0, LINKS_PER_RELAY / 2)) {
    for (const to of [(number + step) % size, (number - step + size) % size]) {
      if (to !== number) found.set(nameOf(to), 5 + (number * 13 + to * 13) % 40);
    }
  }
  return found;
}
