import { Backoff, type Clock, sleep, type TaskGroup } from "@qumo/shared/runtime";
import type { Exchange } from "./exchange.ts";
import type { DigestAnswer, SyncAnswer, SyncMessage } from "./message.ts";
import type { Reads, WireState } from "./wire.ts";

/** A client of another controller. Each call rejects when the peer cannot be reached. */
export interface Peer {
  /** The peer's name in logs and metrics. */
  readonly name: string;
  /** What it reads, as its last answer said. */
  readonly reads: Reads;
  digest(buckets: readonly string[], signal: AbortSignal): Promise<DigestAnswer>;
  put(message: Partial<SyncMessage>, signal: AbortSignal): Promise<SyncAnswer>;
}

/** Options of {@linkcode Replicator}. */
export interface ReplicatorOptions {
  readonly exchange: Exchange;
  readonly clock: Clock;
  readonly tasks: TaskGroup;
  /** Milliseconds between two full comparisons with a peer. */
  readonly intervalMs: number;
  /** The duration of a lease, in milliseconds. */
  readonly leaseMs: number;
  /** A random number from 0 up to but not including 1; `Math.random` outside of tests. */
  readonly random: () => number;
  /** Called after each exchange, with its error if it failed. */
  readonly onSync: (peer: string, error?: unknown) => void;
}

/** Exchanges of lease renewals per lease: some may be late or lost. */
const RENEWALS_PER_LEASE = 6;

/** Exchanges of renewals in which nothing is heard of a peer before it counts as silent. */
const MISSED_RENEWALS = 2;

/** Leases after which a silent peer has nobody left that no other controller knows. */
const DEAF_LEASES = 1.5;

/** The maximum delay after the first failure, in milliseconds. */
const FIRST_WAIT_MS = 500;

/** Characters of states in one message, well below what a peer accepts. */
const MAX_MESSAGE_LENGTH = 16 * 1024 * 1024;

/** Relays with changes to push to one peer: changes beyond it are found by the next comparison. */
const MAX_PENDING = 10_000;

/** Pushes each change to the peer controllers, and compares digests with them periodically. */
export class Replicator {
  readonly #links: PeerLink[];

  /** Starts with a comparison with each peer. */
  constructor(peers: readonly Peer[], options: ReplicatorOptions) {
    this.#links = peers.map((peer) => new PeerLink(peer, options));
    for (const link of this.#links) {
      options.tasks.spawn(`sync with ${link.name}`, (signal) => link.run(signal));
    }
  }

  /** For how long each peer may have lacked the newest local changes, in milliseconds. */
  *lags(): Generator<readonly [peer: string, milliseconds: number]> {
    for (const link of this.#links) yield [link.name, link.lag];
  }

  /**
   * Whether a peer has fallen silent: relays that it heard are looking for another controller, and
   * nobody has told yet of those that have found one. After a lease all of them are heard elsewhere.
   */
  get isDeaf(): boolean {
    return this.#links.some((link) => link.isDeaf);
  }

  /** Schedules a push of these relays to every peer. */
  push(names: Iterable<string>): void {
    for (const name of names) for (const link of this.#links) link.push(name);
  }
}

class PeerLink {
  readonly #peer: Peer;
  readonly #options: ReplicatorOptions;
  readonly #pending = new Set<string>();
  readonly #backoff: Backoff;
  #wake: () => void = () => {};
  /** When leases were last received from the peer. */
  #heardAt: number | undefined;
  #comparedAt: number | undefined;
  /** When leases were last sent to the peer. */
  #renewedAt = -Infinity;
  /** Since when the peer may lack local changes. */
  #behindSince: number | undefined;

  constructor(peer: Peer, options: ReplicatorOptions) {
    this.#peer = peer;
    this.#options = options;
    const { clock, intervalMs, random } = options;
    const first = Math.min(FIRST_WAIT_MS, intervalMs);
    this.#behindSince = clock.now();
    this.#backoff = new Backoff({ first, cap: intervalMs, healthyAfter: 0, random }, clock);
  }

  get name(): string {
    return this.#peer.name;
  }

  get lag(): number {
    return this.#behindSince === undefined ? 0 : this.#options.clock.now() - this.#behindSince;
  }

  get isDeaf(): boolean {
    const { clock, leaseMs } = this.#options;
    if (this.#heardAt === undefined) return false;
    const silent = clock.now() - this.#heardAt;
    return silent > MISSED_RENEWALS * leaseMs / RENEWALS_PER_LEASE &&
      silent < DEAF_LEASES * leaseMs;
  }

  push(name: string): void {
    this.#behindSince ??= this.#options.clock.now();
    if (this.#pending.size < MAX_PENDING) this.#pending.add(name);
    this.#wake();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const startedAt = this.#options.clock.now();
      try {
        if (this.#untilComparison() <= 0) await this.#compare(signal);
        else await this.#pushPending(signal);
        this.#backoff.succeeded();
        // Changes during the exchange may not have been sent.
        this.#behindSince = this.#pending.size > 0 ? startedAt : undefined;
        this.#options.onSync(this.name);
      } catch (error) {
        if (signal.aborted) return;
        // The next comparison finds the changes that were to be pushed.
        this.#comparedAt = undefined;
        this.#behindSince ??= startedAt;
        this.#options.onSync(this.name, error);
        await sleep(this.#options.clock, this.#backoff.failed(), signal);
        continue;
      }
      await this.#untilNews(signal);
    }
  }

  async #compare(signal: AbortSignal): Promise<void> {
    const { exchange, clock } = this.#options;
    this.#pending.clear();
    const startedAt = clock.now();
    const answer = await this.#peer.digest(exchange.buckets(), signal);
    const names = exchange.differences(answer);
    const since = this.#heardAt === undefined ? undefined : startedAt - this.#heardAt;
    const messages = inParts(exchange.tell(names, this.#peer.reads));
    for (const [place, states] of messages.entries()) {
      const isLast = place === messages.length - 1;
      const reply = await this.#peer.put({
        states,
        ...(isLast && {
          want: names,
          leases: exchange.leases(since),
          ...(since !== undefined && { since_ms: since }),
        }),
      }, signal);
      await exchange.take(reply);
    }
    this.#heardAt = this.#comparedAt = this.#renewedAt = startedAt;
  }

  async #pushPending(signal: AbortSignal): Promise<void> {
    const { exchange, clock } = this.#options;
    const names = [...this.#pending];
    this.#pending.clear();
    const startedAt = clock.now();
    if (this.#untilRenewal() <= 0) await this.#renew(startedAt, signal);
    for (const states of inParts(exchange.tell(names, this.#peer.reads))) {
      if (states.length > 0) await this.#peer.put({ states, since_ms: 0 }, signal);
    }
  }

  /** Exchanges the renewed leases with the peer, in one message. */
  async #renew(startedAt: number, signal: AbortSignal): Promise<void> {
    const { exchange } = this.#options;
    const leases = exchange.leases(startedAt - this.#renewedAt);
    const since = startedAt - (this.#heardAt ?? startedAt);
    await exchange.take(await this.#peer.put({ leases, since_ms: since }, signal));
    this.#heardAt = this.#renewedAt = startedAt;
  }

  #untilRenewal(): number {
    const { clock, leaseMs } = this.#options;
    return this.#renewedAt + leaseMs / RENEWALS_PER_LEASE - clock.now();
  }

  #untilComparison(): number {
    if (this.#comparedAt === undefined) return 0;
    return this.#comparedAt + this.#options.intervalMs - this.#options.clock.now();
  }

  /** Waits for changes to push, or until the next comparison is due. */
  async #untilNews(signal: AbortSignal): Promise<void> {
    if (this.#pending.size > 0) return;
    const news = new AbortController();
    this.#wake = () => news.abort();
    await sleep(
      this.#options.clock,
      Math.min(this.#untilComparison(), this.#untilRenewal()),
      AbortSignal.any([signal, news.signal]),
    );
    this.#wake = () => {};
  }
}

/** Splits states into messages of bounded size; at least one message. */
function inParts(states: readonly WireState[]): WireState[][] {
  const parts: WireState[][] = [[]];
  let length = 0;
  for (const state of states) {
    const size = JSON.stringify(state).length;
    if (length + size > MAX_MESSAGE_LENGTH && length > 0) {
      parts.push([]);
      length = 0;
    }
    length += size;
    parts.at(-1)?.push(state);
  }
  return parts;
}
