import { sleep, systemClock } from "@qumo/shared/runtime";
import { Random } from "../support/random.ts";
import { HttpConnection, putRequest } from "./sdn_load.ts";
import { BenchRelay, CrowdCounts } from "./sdn_relays.ts";
import { print, quantile, round, Subject } from "./sdn_subject.ts";

/** How large the directory is, and how long changes are measured. */
export interface DirectoryCase {
  readonly relays: number;
  readonly announces: number;
  readonly seconds: number;
}

// Longer than the case: no heartbeat but the first is needed.
const TTL_SECONDS = 1800;
/** Namespaces of others that each relay follows. */
const INTERESTS_PER_RELAY = 20;
/** Relays that follow the same namespace, in which something changes. */
const RELAYS_PER_ROOM = 5;
const CHANGES_PER_SECOND = [100, 1000];
const TICK_MS = 20;
const START_PATIENCE_MS = 120_000;
/** How long the last changes may take before they count as not heard. */
const AFTERWARDS_MS = 2000;

/**
 * What a large directory costs a controller whose relays follow it: by interest, and as a whole. The
 * memory it takes, the bytes of the start, and how long a change takes to those whom it concerns.
 */
export async function measureDirectory(about: DirectoryCase): Promise<void> {
  for (const follows of ["interests", "all"] as const) {
    await using controller = await Subject.controller({ graph: { node_ttl_sec: TTL_SECONDS } });
    await new Readers(controller, { ...about, follows }).run();
  }
}

/** Relays that follow one controller's directory. */
class Readers {
  readonly #controller: Subject;
  readonly #about: DirectoryCase & { readonly follows: "interests" | "all" };
  readonly #random = new Random(3);
  readonly #counts = new CrowdCounts();
  readonly #relays: BenchRelay[];
  readonly #sent = new Map<string, number>();
  #latencies: number[] = [];
  #changes = 0;

  constructor(controller: Subject, about: DirectoryCase & { follows: "interests" | "all" }) {
    this.#controller = controller;
    this.#about = about;
    this.#relays = Array.from({ length: about.relays }, (_, number) => this.#newRelay(number));
  }

  async run(): Promise<void> {
    await this.#part("registration", 0, async () => {
      for (const relay of this.#relays) await relay.beat();
    });
    await this.#part("start", 0, () => this.#start());
    for (const rate of CHANGES_PER_SECOND) {
      await this.#part("changes", rate, () => this.#change(rate));
    }
    for (const relay of this.#relays) relay.stop();
  }

  #newRelay(number: number): BenchRelay {
    const { relays, announces, follows } = this.#about;
    const perRelay = Math.floor(announces / relays);
    const other = () =>
      `live/studio-${this.#random.below(relays)}/camera-${this.#random.below(perRelay)}`;
    const interests = [
      `bench/room-${number % this.#rooms}`,
      ...Array.from({ length: INTERESTS_PER_RELAY }, other),
    ];
    return new BenchRelay({
      url: this.#controller.url,
      number,
      size: relays,
      announces: perRelay,
      counts: this.#counts,
      since: () => undefined,
      heard: (_, rest) => this.#heard(rest),
      ...(follows === "interests" && { interests }),
    });
  }

  get #rooms(): number {
    return Math.ceil(this.#about.relays / RELAYS_PER_ROOM);
  }

  async #start(): Promise<void> {
    for (const relay of this.#relays) void relay.watch();
    const end = performance.now() + START_PATIENCE_MS;
    while (this.#counts.ready < this.#relays.length && performance.now() < end) await delay(20);
  }

  /** Announces at a rate, over as many connections as it takes. */
  async #change(rate: number): Promise<void> {
    const perTick = rate * TICK_MS / 1000;
    const connections = await Promise.all(
      Array.from({ length: perTick * 4 }, () => HttpConnection.open(this.#controller.url)),
    );
    const busy = new Set<HttpConnection>();
    const began = performance.now();
    for (let done = 0; done < rate * this.#about.seconds;) {
      const due = Math.floor((performance.now() - began) * rate / 1000);
      for (const connection of connections) {
        if (done >= due) break;
        if (busy.has(connection)) continue;
        busy.add(connection);
        done++;
        void connection.ask(this.#nextChange()).finally(() => busy.delete(connection));
      }
      await delay(TICK_MS);
    }
    await delay(AFTERWARDS_MS);
    for (const connection of connections) connection[Symbol.dispose]();
  }

  #nextChange(): Uint8Array {
    const number = this.#changes++;
    const name = `change-${number}`;
    this.#sent.set(name, performance.now());
    return putRequest(`/announce/bench/room-${number % this.#rooms}/~/${name}`, {
      relay: `relay-${number % 10}`,
    });
  }

  #heard(rest: string): void {
    for (const [name] of rest.matchAll(/change-\d+(?=","b)/g)) {
      const at = this.#sent.get(name);
      if (at !== undefined) this.#latencies.push(performance.now() - at);
    }
  }

  async #part(name: string, changesPerSecond: number, act: () => Promise<void>): Promise<void> {
    this.#counts.reset();
    this.#latencies = [];
    const changes = this.#changes;
    const cpu = await this.#controller.cpuSeconds();
    const began = performance.now();
    await act();
    const took = (performance.now() - began) / 1000;
    const used = await this.#controller.cpuSeconds() - cpu;
    const latencies = this.#latencies.sort((a, b) => a - b);
    const { relays, announces, follows } = this.#about;
    print({
      case: name,
      relays,
      announces,
      follows,
      ...(changesPerSecond > 0 && { changesPerSecond }),
      seconds: round(took),
      cpuPercent: round(100 * used / took),
      rssMiB: await this.#controller.rssMiB(),
      megabytes: round(this.#counts.bytes / 1e6),
      ready: this.#counts.ready,
      changes: this.#changes - changes,
      heard: latencies.length,
      p50: quantile(latencies, 0.5),
      p99: quantile(latencies, 0.99),
      lost: this.#counts.lost,
    });
  }
}

function delay(milliseconds: number): Promise<void> {
  return sleep(systemClock, milliseconds);
}
