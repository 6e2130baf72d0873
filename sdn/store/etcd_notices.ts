import { type Clock, sleep } from "@qumo/shared/runtime";
import { type EtcdClient, EtcdError, NOT_FOUND } from "./etcd_client.ts";
import type { EtcdFollower } from "./etcd_follower.ts";
import type { EtcdKeys } from "./etcd_keys.ts";
import { MAX_OPERATIONS, MAX_TRANSACTION_LENGTH } from "./etcd_plan.ts";
import { KICK_LEASE_SECONDS, MAX_KICKS_WAITING, USAGES_WRITE_MS } from "./limits.ts";
import type { KickNotice, NoticeListener, Notices, Timeline, UsageNotice } from "./types.ts";

/** The dependencies of {@linkcode EtcdNotices}. */
export interface EtcdNoticesOptions {
  readonly client: EtcdClient;
  readonly keys: EtcdKeys;
  readonly follower: EtcdFollower;
  readonly clock: Clock;
  readonly timeline: Timeline;
}

const NOTHING = { tenants: [] } as const;

interface WaitingKick {
  readonly kick: KickNotice;
  readonly told: PromiseWithResolvers<void>;
}

interface Put {
  readonly key: string;
  readonly value: string;
  readonly lease: string;
}

/**
 * What controllers of one etcd tell each other beside what is stored: a key for each kick, which ends
 * after seconds, and one for each relay with what tenants use there, which ends with the relay's lease.
 * What cannot be written is not written later: a kick means nothing by then, and the relay's next
 * heartbeat says again what tenants use.
 */
export class EtcdNotices implements Notices {
  /** Tells what this process wrote from what others did. */
  readonly #self = crypto.randomUUID();
  readonly #options: EtcdNoticesOptions;
  readonly #usages = new Map<string, UsageNotice>();
  #kicks: WaitingKick[] = [];
  #isTelling = false;
  #wake: () => void = () => {};
  #listener: NoticeListener | undefined;

  constructor(options: EtcdNoticesOptions) {
    this.#options = options;
  }

  hear(listener: NoticeListener): void {
    const { follower } = this.#options;
    // What was kicked before is over: no relay followed this controller then.
    for (const [key, { kind }] of follower.mirror.notices) {
      if (kind === "kick") follower.touchedNotices.delete(key);
    }
    this.#listener = listener;
    this.arrived();
  }

  kick(kick: KickNotice): Promise<void> {
    if (this.#kicks.length >= MAX_KICKS_WAITING) {
      return Promise.reject(new Error("Too many kicks wait for etcd"));
    }
    const told = Promise.withResolvers<void>();
    this.#kicks.push({ kick, told });
    if (!this.#isTelling) void this.#tellKicks();
    return told.promise;
  }

  uses(notice: UsageNotice): void {
    this.#usages.set(notice.relay, notice);
    this.#wake();
  }

  /** Passes on what others said and has arrived. */
  arrived(): void {
    if (this.#listener === undefined) return;
    const { keys, clock, follower: { mirror, touchedNotices } } = this.#options;
    const now = clock.now();
    for (const key of touchedNotices) {
      touchedNotices.delete(key);
      const notice = mirror.notices.get(key);
      if (notice === undefined) {
        const name = keys.parse(key);
        if (name?.kind === "usage") this.#listener.uses({ ...NOTHING, ...name, heardAt: now });
      } else if (notice.by !== this.#self) {
        if (notice.kind === "kick") this.#listener.kick(notice.kick);
        else this.#listener.uses({ ...notice, heardAt: this.#heardAt(notice.heard) });
      }
    }
  }

  /**
   * When a relay said it. Of what was said at two controllers the later word counts, which may be written
   * first; where their clocks differ by more than that takes, it is as if it had been said just now.
   */
  #heardAt(wall: number): number {
    const { clock, timeline } = this.#options;
    const now = clock.now();
    return Math.min(now, Math.max(now - 2 * USAGES_WRITE_MS, timeline.fromWall(wall)));
  }

  /** Writes what tenants use, at most once in a while, until `signal` is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    signal.addEventListener("abort", () => this.#wake(), { once: true });
    while (!signal.aborted) {
      await this.#news();
      for (const part of this.#takeUsages()) await this.#putUsages(part);
      await sleep(clock, USAGES_WRITE_MS, signal);
    }
  }

  #news(): Promise<void> | undefined {
    if (this.#usages.size > 0) return;
    return new Promise((resolve) => this.#wake = resolve);
  }

  async #tellKicks(): Promise<void> {
    const { client, keys, follower } = this.#options;
    this.#isTelling = true;
    while (this.#kicks.length > 0) {
      const batch = this.#kicks.splice(0, MAX_OPERATIONS);
      try {
        const TTL = String(KICK_LEASE_SECONDS);
        const { ID: lease } = await client.call<{ ID: string }>("/v3/lease/grant", { TTL });
        await this.#put(batch.map(({ kick }) => ({
          key: keys.key({ kind: "kick", id: kick.id }),
          value: keys.kickValue({ by: this.#self, kick }),
          lease,
        })));
        for (const { told } of batch) told.resolve();
      } catch (error) {
        follower.failed();
        for (const { told } of batch) told.reject(error);
      }
    }
    this.#isTelling = false;
  }

  /** What relays said since the last time, in parts that etcd takes. */
  #takeUsages(): Put[][] {
    const { keys, timeline, follower: { mirror } } = this.#options;
    const parts: Put[][] = [];
    let length = Infinity;
    for (const { relay, tenants, heardAt } of this.#usages.values()) {
      const lease = mirror.relay(relay)?.lease;
      const key = keys.key({ kind: "usage", relay });
      // A relay whose lease is over uses nothing, and so does one that never said it uses anything.
      if (lease === undefined || tenants.length === 0 && !mirror.notices.has(key)) continue;
      const value = keys.usageValue({ by: this.#self, heard: timeline.toWall(heardAt), tenants });
      if (
        length + value.length > MAX_TRANSACTION_LENGTH || parts.at(-1)?.length === MAX_OPERATIONS
      ) {
        parts.push([]);
        length = 0;
      }
      parts.at(-1)?.push({ key, value, lease });
      length += value.length;
    }
    this.#usages.clear();
    return parts;
  }

  async #putUsages(part: readonly Put[]): Promise<void> {
    try {
      await this.#put(part);
    } catch (error) {
      const isOver = error instanceof EtcdError && error.code === NOT_FOUND;
      // One of the leases has ended meanwhile, which is no reason to leave out the others.
      if (isOver && part.length > 1) { for (const one of part) await this.#putUsages([one]); }
    }
  }

  async #put(puts: readonly Put[]): Promise<void> {
    const success = puts.map((put) => ({ request_put: put }));
    await this.#options.client.call("/v3/kv/txn", { success });
  }
}
