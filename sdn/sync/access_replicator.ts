import { Backoff, type Clock, sleep, type TaskGroup } from "@qumo/shared/runtime";
import type { AccessExchange } from "./access_exchange.ts";
import type { AccessMessage, AccessMessageAnswer } from "./access_message.ts";
import { MAX_ACCESS_WAIT_MS, MAX_KICKS, USAGES_MS } from "./limits.ts";

/** A client of another controller for what is about access. */
export interface AccessPeer {
  readonly name: string;
  /** Rejects when the peer cannot be reached; undefined: it is older and knows nothing of access. */
  access(
    message: Partial<AccessMessage>,
    signal: AbortSignal,
  ): Promise<AccessMessageAnswer | undefined>;
}

/** Options of {@linkcode AccessReplicator}. */
export interface AccessReplicatorOptions {
  readonly exchange: AccessExchange;
  readonly clock: Clock;
  readonly tasks: TaskGroup;
  /** Milliseconds between two comparisons with a peer. */
  readonly intervalMs: number;
  /** A random number from 0 up to but not including 1; `Math.random` outside of tests. */
  readonly random: () => number;
  /** Called once for a peer that is older and is told nothing. */
  readonly onOlder: (peer: string) => void;
  /** Called when a peer was not told of so many kicks. */
  readonly onKicksLost: (peer: string, count: number) => void;
}

/**
 * Tells peer controllers at once what changes about access, beside the exchange of relays: large
 * messages of those hold up nothing.
 */
export class AccessReplicator {
  readonly #links: readonly AccessLink[];

  constructor(peers: readonly AccessPeer[], options: AccessReplicatorOptions) {
    this.#links = peers.map((peer) => new AccessLink(peer, options));
    for (const [place, link] of this.#links.entries()) {
      const task = `sync access with ${peers[place]!.name}`;
      options.tasks.spawn(task, (signal) => link.run(signal));
    }
  }

  /** What is known under these keys changed. */
  push(keys: Iterable<string>): void {
    for (const key of keys) for (const link of this.#links) link.push(key);
  }

  /** A relay said here what tenants use. */
  pushUsage(relay: string): void {
    for (const link of this.#links) link.pushUsage(relay);
  }

  /** Tells all peers of a kick; returns how many they are. */
  kick(kick: AccessMessage["kicks"][number]): number {
    for (const link of this.#links) link.kick(kick);
    return this.#links.length;
  }
}

class AccessLink {
  readonly #peer: AccessPeer;
  readonly #options: AccessReplicatorOptions;
  readonly #backoff: Backoff;
  readonly #keys = new Set<string>();
  readonly #relays = new Set<string>();
  #kicks: AccessMessage["kicks"] = [];
  // Those that the peer is being told of.
  #told: AccessMessage["kicks"] = [];
  #wake: () => void = () => {};
  #comparedAt: number | undefined;
  #usagesAt = -Infinity;
  #isOlder = false;

  constructor(peer: AccessPeer, options: AccessReplicatorOptions) {
    this.#peer = peer;
    this.#options = options;
    const { clock, random } = options;
    const first = MAX_ACCESS_WAIT_MS / 4;
    this.#backoff = new Backoff({ first, cap: MAX_ACCESS_WAIT_MS, healthyAfter: 0, random }, clock);
  }

  push(key: string): void {
    this.#keys.add(key);
    this.#wake();
  }

  pushUsage(relay: string): void {
    this.#relays.add(relay);
    if (this.#untilUsages() <= 0) this.#wake();
  }

  kick(kick: AccessMessage["kicks"][number]): void {
    if (this.#kicks.length < MAX_KICKS) this.#kicks.push(kick);
    else this.#lost(1);
    this.#wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#untilComparison() <= 0) await this.#compare(signal);
        else await this.#tell(signal);
        this.#backoff.succeeded();
      } catch {
        if (signal.aborted) return;
        // The exchange of relays reports that the peer is lost; the next comparison finds what changed.
        this.#comparedAt = undefined;
        this.#loseKicks();
        await sleep(this.#options.clock, this.#backoff.failed(), signal);
        continue;
      }
      await this.#untilNews(signal);
    }
  }

  async #compare(signal: AbortSignal): Promise<void> {
    const { exchange, clock } = this.#options;
    const startedAt = clock.now();
    this.#keys.clear();
    const kicks = this.#told = this.#kicks.splice(0);
    const answer = await this.#ask({ usages: exchange.usages(), kicks }, signal);
    if (answer !== undefined && answer.digest !== exchange.digest()) {
      const all = await this.#ask({ entries: exchange.entries(), all: true }, signal);
      await exchange.merge(all?.entries ?? []);
    }
    this.#comparedAt = startedAt;
  }

  async #tell(signal: AbortSignal): Promise<void> {
    const { exchange, clock } = this.#options;
    const entries = exchange.entries(this.#keys);
    const kicks = this.#told = this.#kicks.splice(0);
    this.#keys.clear();
    const isTime = this.#untilUsages() <= 0;
    const usages = isTime ? exchange.usages(this.#relays) : [];
    if (isTime) {
      this.#relays.clear();
      this.#usagesAt = clock.now();
    }
    if (entries.length + kicks.length + usages.length === 0) return;
    const answer = await this.#ask({ entries, kicks, usages }, signal);
    await exchange.merge(answer?.entries ?? []);
  }

  async #ask(message: Partial<AccessMessage>, signal: AbortSignal) {
    const answer = await this.#peer.access(message, signal);
    this.#told = [];
    if (answer === undefined && !this.#isOlder) this.#options.onOlder(this.#peer.name);
    this.#isOlder = answer === undefined;
    return answer;
  }

  #loseKicks(): void {
    const count = this.#told.length + this.#kicks.length;
    this.#told = [];
    this.#kicks = [];
    if (count > 0) this.#lost(count);
  }

  #lost(count: number): void {
    this.#options.exchange.kicksLost += count;
    this.#options.onKicksLost(this.#peer.name, count);
  }

  #untilComparison(): number {
    if (this.#comparedAt === undefined) return 0;
    return this.#comparedAt + this.#options.intervalMs - this.#options.clock.now();
  }

  #untilUsages(): number {
    if (this.#relays.size === 0) return Infinity;
    return this.#usagesAt + USAGES_MS - this.#options.clock.now();
  }

  /** Waits for something to tell, or until the next comparison is due. */
  async #untilNews(signal: AbortSignal): Promise<void> {
    if (this.#keys.size > 0 || this.#kicks.length > 0) return;
    const news = new AbortController();
    this.#wake = () => news.abort();
    const wait = Math.min(this.#untilComparison(), this.#untilUsages());
    await sleep(this.#options.clock, Math.max(0, wait), AbortSignal.any([signal, news.signal]));
    this.#wake = () => {};
  }
}
